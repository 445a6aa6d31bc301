import { stringify } from "yaml";
import { environmentDefinition } from "../crd/definition.ts";
import { accessManifests } from "./access.ts";
import { admissionManifests } from "./admission.ts";
import type { Installation } from "./installation.ts";
import type { Manifest } from "./manifest.ts";
import { CONFIGURATION_FILE, MOUNTED } from "./names.ts";
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
  ];
}
