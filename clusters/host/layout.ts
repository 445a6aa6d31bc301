import { join } from "node:path";
import type { LocalPaths } from "../local-paths.ts";

/** Where a host cluster keeps its files. */
export interface HostLayout {
  /** `<checkout>/.terrarium/host`: everything that survives a restart of the machine. */
  readonly data: string;
  /** `/run/<cluster name>`: sockets and namespaces. Short, because a socket's path has at most 107 characters. */
  readonly run: string;
  readonly certificates: string;
  readonly kubeconfigs: string;
  readonly logs: string;
  /** One file per supervised process, see `service.ts`. */
  readonly pids: string;
  /** Files whose existence lets a service start. */
  readonly gates: string;
  readonly images: string;
  /** Folders of persistent volumes. */
  readonly volumes: string;
  readonly cni: string;
  /** In front of every process's PATH. */
  readonly bin: string;
  /** Addresses and ports, see `plan.ts`. */
  readonly plan: string;
  readonly services: string;
  /** What the machine was like before, see `machine-state.ts`; survives a deleted checkout, and no restart, like these. */
  readonly machineState: string;
  /** Exists when the cluster was completely set up once. */
  readonly complete: string;
  readonly containerdRoot: string;
  readonly containerdSocket: string;
}

/** What of a checkout's places decides those of its host cluster. */
export type HostPaths = Pick<LocalPaths, "host" | "clusterName">;

/** Places of one checkout's host cluster. */
export function hostLayout(paths: HostPaths): HostLayout {
  const data = paths.host;
  const run = join("/run", paths.clusterName);
  return {
    data,
    run,
    certificates: join(data, "pki"),
    kubeconfigs: join(data, "kubeconfigs"),
    logs: join(data, "logs"),
    pids: join(data, "pids"),
    gates: join(data, "gates"),
    images: join(data, "images"),
    volumes: join(data, "volumes"),
    cni: join(data, "cni"),
    bin: join(data, "bin"),
    plan: join(data, "plan.json"),
    services: join(data, "services.json"),
    machineState: "/run/terrarium-host-machine.json",
    complete: join(data, "complete"),
    containerdRoot: join(data, "containerd"),
    containerdSocket: join(run, "containerd.sock"),
  };
}

/** How to reach the container runtime of a checkout's host cluster. */
export interface Containerd {
  /** The runtime's own client program. */
  readonly ctr: string;
  /** Absolute path of the runtime's socket. */
  readonly address: string;
  /** The namespace that holds the images of pods. */
  readonly namespace: "k8s.io";
}

/** The container runtime that pods of this checkout's host cluster take their images from. */
export function containerdOf(paths: HostPaths): Containerd {
  return { ctr: "/usr/bin/ctr", address: hostLayout(paths).containerdSocket, namespace: "k8s.io" };
}
