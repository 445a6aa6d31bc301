import { stringify } from "yaml";
import { environmentDefinition } from "../crd/definition.ts";
import { accessManifests } from "./access.ts";
import { admissionManifests } from "./admission.ts";
import type { Installation } from "./installation.ts";
import type { Manifest } from "./manifest.ts";
import type { PlatformConfig } from "../config.ts";
import { ACTIVATOR_CONFIGURATION, CONFIGURATION_FILE, MOUNTED } from "./names.ts";
import { type ApiServerAddress, networkManifests } from "./network.ts";

/**
 * The objects of an installation beside those of the service's environment: the definition of its resource, who may do what, more
 * network policies, and its configuration. No secret is in them.
 *
 * @param apiServer where the cluster's API server is, behind its Service.
 */
export function installationManifests(
  installation: Installation,
  apiServer: readonly ApiServerAddress[],
): readonly Manifest[] {
  const { namespace, config } = installation;
  return [
    environmentDefinition() as Manifest,
    ...accessManifests(installation),
    ...admissionManifests(installation),
    ...networkManifests(installation, apiServer),
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: MOUNTED.configuration, namespace },
      data: { [CONFIGURATION_FILE]: stringify(config) },
    },
    ...(config.sleep.activator
      ? [
          {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: ACTIVATOR_CONFIGURATION, namespace },
            data: { [CONFIGURATION_FILE]: stringify(activatorConfiguration(config)) },
          } as const,
        ]
      : []),
  ];
}

/** What the activator needs to know; repositories and files with secrets are none of its business. */
export function activatorConfiguration({ namespace, url, logLevel, sleep }: PlatformConfig): Partial<PlatformConfig> {
  return { namespace, url, logLevel, sleep };
}
