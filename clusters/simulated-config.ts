import { versions } from "./toolchain/versions.ts";

/** Programs that a simulated cluster runs, by the name kwokctl gives them. */
export const components = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kwok-controller",
] as const;

/** Ports on the loopback interface. */
export interface SimulatedPorts {
  readonly apiserver: number;
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly controllerManager: number;
  readonly scheduler: number;
  readonly kwok: number;
}

/** How many ports {@link portsFrom} takes. */
export const portCount = 6;

/** Gives each port its use. @throws when there are fewer than {@link portCount}. */
export function portsFrom(numbers: readonly number[]): SimulatedPorts {
  const [apiserver, etcd, etcdPeer, controllerManager, scheduler, kwok] = numbers;
  if (
    apiserver === undefined ||
    etcd === undefined ||
    etcdPeer === undefined ||
    controllerManager === undefined ||
    scheduler === undefined ||
    kwok === undefined
  ) {
    throw new RangeError(`a simulated cluster needs ${portCount} ports, got ${numbers.length}`);
  }
  return { apiserver, etcd, etcdPeer, controllerManager, scheduler, kwok };
}

/**
 * Configuration of kwokctl for one simulated cluster: a real control plane with authorization and admission on, reachable
 * from this machine only.
 *
 * @param binary path of each program by its usual name.
 * @see https://kwok.sigs.k8s.io/docs/user/configuration/
 */
export function kwokctlConfiguration(ports: SimulatedPorts, binary: (name: string) => string): object {
  return {
    apiVersion: "config.kwok.x-k8s.io/v1alpha1",
    kind: "KwokctlConfiguration",
    options: {
      runtime: "binary",
      kubeVersion: `v${versions.kubernetes}`,
      etcdBinary: binary("etcd"),
      kubeApiserverBinary: binary("kube-apiserver"),
      kubeControllerManagerBinary: binary("kube-controller-manager"),
      kubeSchedulerBinary: binary("kube-scheduler"),
      kwokControllerBinary: binary("kwok"),
      kubectlBinary: binary("kubectl"),
      // Neither the unauthenticated store nor the API server is for the network.
      bindAddress: "127.0.0.1",
      kubeApiserverPort: ports.apiserver,
      etcdPort: ports.etcd,
      etcdPeerPort: ports.etcdPeer,
      kubeControllerManagerPort: ports.controllerManager,
      kubeSchedulerPort: ports.scheduler,
      kwokControllerPort: ports.kwok,
      securePort: true,
      kubeAuthorization: true,
      kubeAdmission: true,
      disableQPSLimits: true,
    },
    componentsPatches: [
      patch("etcd", {
        // The cluster is disposable; a power failure may lose it, the end of a process does not.
        "unsafe-no-fsync": "true",
      }),
      patch("kube-apiserver", {
        // A documentation address (RFC 5737): loopback is not accepted here, and a machine without a network has no other.
        "advertise-address": "192.0.2.1",
        // Without it there are addresses for 250 Services, which some dozens of environments have together.
        "service-cluster-ip-range": "10.96.0.0/16",
      }),
      patch("kube-controller-manager", {
        "enable-hostpath-provisioner": "true",
        "leader-elect": "false",
        "concurrent-deployment-syncs": "20",
        "concurrent-gc-syncs": "50",
        "concurrent-namespace-syncs": "50",
        "concurrent-statefulset-syncs": "20",
      }),
      patch("kube-scheduler", { "leader-elect": "false" }),
    ],
  };
}

function patch(name: string, args: Readonly<Record<string, string>>): object {
  return { name, extraArgs: Object.entries(args).map(([key, value]) => ({ key, value })) };
}
