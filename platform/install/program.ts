import * as k8s from "@pulumi/kubernetes";
import type { ClusterFacts } from "../../components/index.ts";
import type { Installation } from "./installation.ts";
import { APPLICATION } from "./names.ts";
import { Platform } from "./platform.ts";

/** Arguments of {@link installPlatform}. */
export interface InstallProgramArgs {
  readonly installation: Installation;
  readonly cluster: { readonly kubeconfig: string; readonly context: string };
  readonly facts: ClusterFacts;
}

/** The program of an installation; the engine calls it. */
export function installPlatform({ installation, cluster, facts }: InstallProgramArgs): void {
  const { kubeconfig, context } = cluster;
  const provider = new k8s.Provider("cluster", {
    kubeconfig,
    context,
    clusterIdentifier: context,
    enableConfigMapMutable: true,
    enableSecretMutable: true,
  });
  new Platform(APPLICATION, { installation, facts }, { provider });
}
