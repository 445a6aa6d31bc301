/** The programs that make the machine a node: container runtime, kubelet, Services, network policies. */
import { join } from "node:path";
import { apiGate, flags, type ServiceArgs } from "./control-plane.ts";
import type { HostLayout } from "./layout.ts";
import { type HostPlan, nodeName } from "./plan.ts";
import { cniConfiguration, enforcesPolicies } from "./pod-network.ts";
import type { Service } from "./service.ts";
import { systemImages } from "./system-images.ts";
import { systemEnvironment } from "./system-environment.ts";

/** Opened when the objects that Calico reads are there. */
export const calicoGate = "calico";

/** Configuration files, by path, that {@link nodeServices} read. */
export function nodeFiles(layout: HostLayout, plan: HostPlan): Record<string, string> {
  return {
    [containerdFile(layout)]: containerdConfiguration(layout),
    [kubeletFile(layout)]: JSON.stringify(kubeletConfiguration(layout, plan), null, 2),
    [resolverFile(layout)]: "",
    [felixFile(layout)]: "[global]\n",
    [join(layout.cni, "net.d", "10-terrarium.conflist")]: JSON.stringify(cniConfiguration(layout, plan), null, 2),
  };
}

/** The node's processes. */
export function nodeServices({ layout, plan, tool }: ServiceArgs): Service[] {
  const { networks, ports } = plan;
  const env = systemEnvironment(layout.bin);
  const kubeconfig = (name: string): string => join(layout.kubeconfigs, name);
  const gate = join(layout.gates, apiGate);
  const felix: Service = {
    name: "calico-felix",
    program: tool("calico-felix"),
    args: [`--config-file=${felixFile(layout)}`],
    env: { ...env, ...felixEnvironment(kubeconfig("calico"), plan) },
    gate: join(layout.gates, calicoGate),
  };
  return [
    {
      name: "containerd",
      program: "/usr/bin/containerd",
      args: ["--config", containerdFile(layout)],
      env,
    },
    {
      name: "kubelet",
      program: tool("kubelet"),
      args: flags({
        config: kubeletFile(layout),
        kubeconfig: kubeconfig("kubelet"),
        "root-dir": join(layout.data, "kubelet"),
        "cert-dir": join(layout.data, "kubelet", "pki"),
        "hostname-override": nodeName,
        "node-ip": networks.node,
        "node-labels": "topology.kubernetes.io/region=host,topology.kubernetes.io/zone=zone-1",
        // Without it the metrics of containers lack the labels of their pods.
        containerd: layout.containerdSocket,
      }),
      env,
      gate,
    },
    {
      name: "kube-proxy",
      program: tool("kube-proxy"),
      args: flags({
        kubeconfig: kubeconfig("kube-proxy"),
        "hostname-override": nodeName,
        "proxy-mode": "iptables",
        "cluster-cidr": networks.pods,
        "nodeport-addresses": `${networks.node}/32`,
        "healthz-bind-address": `127.0.0.1:${ports.proxyHealth}`,
        // It takes no free port by itself and must have one; this is the same port at another loopback address.
        "metrics-bind-address": `127.0.0.2:${ports.proxyHealth}`,
        // The machine's connection tracking is not ours to size.
        "conntrack-max-per-core": "0",
        "conntrack-min": "0",
        "conntrack-tcp-timeout-established": "0",
        "conntrack-tcp-timeout-close-wait": "0",
        "iptables-min-sync-period": "100ms",
      }),
      env,
      gate,
    },
    ...(enforcesPolicies(plan) ? [felix] : []),
  ];
}

/** Felix enforces network policies with iptables' nft variant and routes, without tunnels. */
function felixEnvironment(kubeconfig: string, { networks, ports }: HostPlan): Record<string, string> {
  return {
    KUBECONFIG: kubeconfig,
    DATASTORE_TYPE: "kubernetes",
    FELIX_DATASTORETYPE: "kubernetes",
    FELIX_FELIXHOSTNAME: nodeName,
    FELIX_INTERFACEPREFIX: "cali",
    FELIX_IPTABLESBACKEND: "NFT",
    FELIX_DEFAULTENDPOINTTOHOSTACTION: "ACCEPT",
    FELIX_IPINIPENABLED: "false",
    FELIX_VXLANENABLED: "false",
    FELIX_WIREGUARDENABLED: "false",
    FELIX_BPFENABLED: "false",
    FELIX_IPV6SUPPORT: "false",
    FELIX_TYPHAK8SSERVICENAME: "none",
    FELIX_USAGEREPORTINGENABLED: "false",
    FELIX_LOGFILEPATH: "none",
    FELIX_LOGSEVERITYFILE: "none",
    FELIX_LOGSEVERITYSYS: "none",
    FELIX_LOGSEVERITYSCREEN: "info",
    FELIX_HEALTHENABLED: "true",
    FELIX_HEALTHHOST: "127.0.0.1",
    FELIX_HEALTHPORT: String(ports.felixHealth),
    // On its usual port, at the address that Prometheus finds by asking for nodes.
    FELIX_PROMETHEUSMETRICSENABLED: "true",
    FELIX_PROMETHEUSMETRICSHOST: networks.node,
    FELIX_PROMETHEUSMETRICSPORT: "9091",
  };
}

/** @see https://github.com/containerd/containerd/blob/main/docs/cri/config.md */
export function containerdConfiguration(layout: HostLayout): string {
  const text = (value: string): string => JSON.stringify(value);
  return `version = 2
root = ${text(layout.containerdRoot)}
state = ${text(join(layout.run, "containerd"))}

[grpc]
  address = ${text(layout.containerdSocket)}

[plugins."io.containerd.internal.v1.opt"]
  path = ${text(join(layout.data, "opt"))}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(systemImages.pause)}
  # A root user of a container or a small virtual machine may not lower a process's score.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${text(join(layout.cni, "bin"))}
    conf_dir = ${text(join(layout.cni, "net.d"))}

  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = ${text(join(layout.run, "runc"))}
      SystemdCgroup = false
`;
}

/** @see https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ */
export function kubeletConfiguration(layout: HostLayout, plan: HostPlan): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: plan.networks.node,
    port: plan.ports.kubelet,
    readOnlyPort: 0,
    healthzPort: 0,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(layout.certificates, "ca.crt") },
    },
    authorization: { mode: "Webhook" },
    containerRuntimeEndpoint: `unix://${layout.containerdSocket}`,
    cgroupDriver: "cgroupfs",
    // Pods share the machine with everything else on it; the limits of their containers hold.
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    // Without a group for each pod this kubelet crashes when it compares the sizes of a pod that is just being removed.
    featureGates: { InPlacePodVerticalScaling: false },
    failCgroupV1: false,
    failSwapOn: false,
    // How soon pods see a changed Secret or ConfigMap.
    syncFrequency: "10s",
    oomScoreAdj: 0,
    clusterDNS: [plan.networks.dns],
    clusterDomain: "cluster.local",
    resolvConf: resolverFile(layout),
    // A development machine's disk is rarely empty: nothing is evicted or deleted because of that.
    evictionHard: { "memory.available": "100Mi", "nodefs.available": "0%", "imagefs.available": "0%" },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    serializeImagePulls: false,
    volumePluginDir: join(layout.data, "volume-plugins"),
  };
}

const containerdFile = (layout: HostLayout): string => join(layout.data, "containerd.toml");
const kubeletFile = (layout: HostLayout): string => join(layout.data, "kubelet.json");
const felixFile = (layout: HostLayout): string => join(layout.data, "felix.cfg");
const resolverFile = (layout: HostLayout): string => join(layout.data, "resolv.conf");
