import { join } from "node:path";
import type { HostLayout } from "./layout.ts";
import type { HostPlan } from "./plan.ts";
import type { Service } from "./service.ts";
import { systemEnvironment } from "./system-environment.ts";

/** What every service is made from. */
export interface ServiceArgs {
  readonly layout: HostLayout;
  readonly plan: HostPlan;
  /** Path of a tool by its usual name. */
  readonly tool: (name: string) => string;
}

/** Opened when the API server answers. */
export const apiGate = "api-server";

/** Kubernetes' control plane: the store and the API server for the node's address and loopback only. */
export function controlPlane({ layout, plan, tool }: ServiceArgs): Service[] {
  const { networks, ports } = plan;
  const certificate = (name: string): string => join(layout.certificates, name);
  const kubeconfig = (name: string): string => join(layout.kubeconfigs, name);
  const env = systemEnvironment(layout.bin);
  const etcdUrl = `https://127.0.0.1:${ports.etcd}`;
  const peerUrl = `https://127.0.0.1:${ports.etcdPeer}`;
  const gate = join(layout.gates, apiGate);
  return [
    {
      name: "etcd",
      program: tool("etcd"),
      args: flags({
        "data-dir": join(layout.data, "etcd"),
        "listen-client-urls": etcdUrl,
        "advertise-client-urls": etcdUrl,
        "listen-peer-urls": peerUrl,
        "initial-advertise-peer-urls": peerUrl,
        "initial-cluster": `default=${peerUrl}`,
        // Whoever writes into the store can run anything as root through a pod: no local user may.
        "client-cert-auth": "true",
        "trusted-ca-file": certificate("ca.crt"),
        "cert-file": certificate("server.crt"),
        "key-file": certificate("server.key"),
        "peer-client-cert-auth": "true",
        "peer-trusted-ca-file": certificate("ca.crt"),
        "peer-cert-file": certificate("server.crt"),
        "peer-key-file": certificate("server.key"),
        // The cluster is disposable; a power failure may lose it, the end of a process does not.
        "unsafe-no-fsync": "true",
        "log-level": "warn",
      }),
      env,
    },
    {
      name: "kube-apiserver",
      program: tool("kube-apiserver"),
      args: flags({
        "advertise-address": networks.node,
        "bind-address": networks.node,
        "secure-port": ports.apiserver,
        "etcd-servers": etcdUrl,
        "etcd-cafile": certificate("ca.crt"),
        "etcd-certfile": certificate("etcd-client.crt"),
        "etcd-keyfile": certificate("etcd-client.key"),
        "client-ca-file": certificate("ca.crt"),
        "tls-cert-file": certificate("server.crt"),
        "tls-private-key-file": certificate("server.key"),
        "kubelet-client-certificate": certificate("apiserver-kubelet-client.crt"),
        "kubelet-client-key": certificate("apiserver-kubelet-client.key"),
        "kubelet-preferred-address-types": "InternalIP",
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": certificate("service-accounts.pub"),
        "service-account-signing-key-file": certificate("service-accounts.key"),
        "service-cluster-ip-range": networks.services,
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "allow-privileged": "true",
        profiling: "false",
      }),
      env,
    },
    {
      name: "kube-controller-manager",
      program: tool("kube-controller-manager"),
      args: flags({
        ...secured("kube-controller-manager", kubeconfig),
        "secure-port": ports.controllerManager,
        "cluster-signing-cert-file": certificate("ca.crt"),
        "cluster-signing-key-file": certificate("ca.key"),
        "root-ca-file": certificate("ca.crt"),
        "service-account-private-key-file": certificate("service-accounts.key"),
        "use-service-account-credentials": "true",
        "allocate-node-cidrs": "true",
        "cluster-cidr": networks.pods,
        "node-cidr-mask-size": "24",
        "service-cluster-ip-range": networks.services,
        "flex-volume-plugin-dir": join(layout.data, "volume-plugins"),
        "concurrent-deployment-syncs": "20",
        "concurrent-gc-syncs": "50",
        "concurrent-namespace-syncs": "50",
        "concurrent-statefulset-syncs": "20",
      }),
      env,
      gate,
    },
    {
      name: "kube-scheduler",
      program: tool("kube-scheduler"),
      args: flags({ ...secured("kube-scheduler", kubeconfig), "secure-port": ports.scheduler }),
      env,
      gate,
    },
  ];
}

/** What the controller manager and the scheduler have in common. */
function secured(name: string, kubeconfig: (name: string) => string): Record<string, string> {
  const path = kubeconfig(name);
  return {
    kubeconfig: path,
    "authentication-kubeconfig": path,
    "authorization-kubeconfig": path,
    "bind-address": "127.0.0.1",
    "leader-elect": "false",
    profiling: "false",
  };
}

/** Command line flags from names and values. */
export function flags(values: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}
