import type { EnvironmentSpec } from "../../spec/index.ts";
import type { PlatformConfig, PlatformSettings } from "../config.ts";
import { platformDescription } from "./description.ts";
import { toPodConfiguration } from "./pod-configuration.ts";

/** Everything that differs between two installations of the service, as plain data. */
export interface Installation {
  /** The platform's own namespace. */
  readonly namespace: string;
  /** The configuration as the pods read it. */
  readonly config: PlatformConfig;
  /** The service as an environment of its own. */
  readonly description: EnvironmentSpec;
  /** Texts of the files that the configuration names, by their name below the mount; they may hold secrets. */
  readonly files: Readonly<Record<string, string>>;
  /** Where the stacks' state is; undefined: in the service's own volume. May hold a password. */
  readonly stateAddress?: string;
}

/** Describes an installation. @throws InstallationError when the configuration can't be installed. */
export function toInstallation(settings: PlatformSettings, image: string): Installation {
  const pod = toPodConfiguration(settings, image);
  return { ...pod, namespace: pod.config.namespace, description: platformDescription(image, pod) };
}
