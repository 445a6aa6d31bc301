import type { Recipe } from "./recipe.ts";
import { versions } from "./versions.ts";

const kubernetesVersionVariables = Object.fromEntries(
  ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((path) => {
    const [major = "", minor = ""] = versions.kubernetes.split(".");
    return [
      [`${path}.gitVersion`, `v${versions.kubernetes}`],
      [`${path}.gitMajor`, major],
      [`${path}.gitMinor`, minor],
    ];
  }),
);

/** Prometheus 3.15.0 has the module version 0.315.0. */
const prometheusRelease = versions.prometheus.replace(/^0\.(\d)0?(\d+)\./, "$1.$2.");

/** Pulumi's CLI and, in the same folder as the CLI expects it, its language host for Node. */
export const pulumi: Recipe = {
  name: "pulumi",
  title: `pulumi ${versions.pulumi}`,
  coldSeconds: 115,
  builds: [
    {
      folder: "pulumi",
      binaries: { pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" },
      // The Automation API rejects a CLI that doesn't know its version.
      variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${versions.pulumi}` },
    },
    {
      folder: "pulumi-language-nodejs",
      binaries: { "pulumi-language-nodejs-host": "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs" },
      variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${versions.pulumiLanguageNodejs}` },
    },
    // Hands the project's runtime options on: the engine passes them in a way that this host is too old for.
    { folder: "pulumi-language-nodejs", binaries: { "pulumi-language-nodejs": "./launcher" } },
  ],
  ship: ["pulumi-analyzer-policy", "pulumi-resource-pulumi-nodejs"].map((script) => ({
    folder: "pulumi-language-nodejs",
    module: "github.com/pulumi/pulumi/sdk/v3",
    from: `nodejs/dist/${script}`,
    to: script,
    executable: true,
  })),
};

/** Pulumi's Kubernetes plugin. */
export const kubernetesPlugin: Recipe = {
  name: "pulumi-resource-kubernetes",
  title: `pulumi kubernetes plugin ${versions.kubernetesPlugin}`,
  coldSeconds: 360,
  embed: ["schema.json", "terraform-mapping.json"].map((file) => ({
    folder: "pulumi-resource-kubernetes",
    module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
    from: `cmd/pulumi-resource-kubernetes/${file}`,
    to: file,
    ...(file === "schema.json" ? { jsonVersion: versions.kubernetesPlugin } : {}),
  })),
  builds: [
    {
      folder: "pulumi-resource-kubernetes",
      binaries: { "pulumi-resource-kubernetes": "." },
      variables: {
        "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version": versions.kubernetesPlugin,
      },
    },
  ],
};

const randomVersion = { "terrarium.local/toolchain/pulumi-resource-random/bridge.Version": versions.randomPlugin };

/** Pulumi's random plugin. */
export const randomPlugin: Recipe = {
  name: "pulumi-resource-random",
  title: `pulumi random plugin ${versions.randomPlugin}`,
  coldSeconds: 90,
  generate: [
    {
      folder: "pulumi-resource-random",
      package: "./tfgen",
      arguments: ["schema", "--out", "."],
      variables: randomVersion,
    },
  ],
  builds: [
    {
      folder: "pulumi-resource-random",
      binaries: { "pulumi-resource-random": "." },
      variables: randomVersion,
    },
  ],
};

/** Kubernetes' command line client. */
export const kubectl: Recipe = {
  name: "kubectl",
  title: `kubectl ${versions.kubernetes}`,
  coldSeconds: 45,
  builds: [
    {
      folder: "kubernetes",
      binaries: { kubectl: "k8s.io/kubernetes/cmd/kubectl" },
      variables: kubernetesVersionVariables,
    },
  ],
};

/** What makes a machine a node: its agent and its part of Services. */
export const kubernetesNode: Recipe = {
  name: "kubernetes-node",
  title: `kubelet and kube-proxy ${versions.kubernetes}`,
  coldSeconds: 120,
  builds: [
    {
      folder: "kubernetes",
      binaries: {
        kubelet: "k8s.io/kubernetes/cmd/kubelet",
        "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
      },
      variables: kubernetesVersionVariables,
    },
  ],
};

/** Calico's agent, which enforces network policies on a node, and its CNI plugin. */
export const calicoNode: Recipe = {
  name: "calico-node",
  title: `calico felix and CNI plugin ${versions.calico}`,
  coldSeconds: 70,
  builds: [
    {
      folder: "calico-node",
      binaries: {
        "calico-felix": "github.com/projectcalico/calico/felix/cmd/calico-felix",
        calico: "github.com/projectcalico/calico/cni-plugin/cmd/calico",
      },
    },
  ],
};

/** The DNS server of a cluster. */
export const coredns: Recipe = {
  name: "coredns",
  title: `coredns ${versions.coredns}`,
  coldSeconds: 150,
  builds: [{ folder: "coredns", binaries: { coredns: "." } }],
};

/** Makes volumes as folders of the node. */
export const localPathProvisioner: Recipe = {
  name: "local-path-provisioner",
  title: `local-path-provisioner ${versions.localPathProvisioner}`,
  coldSeconds: 10,
  builds: [
    {
      folder: "local-path-provisioner",
      binaries: { "local-path-provisioner": "github.com/rancher/local-path-provisioner" },
      variables: { "main.VERSION": `v${versions.localPathProvisioner}` },
    },
  ],
};

/** Our own programs inside a local cluster's pods: what holds a pod's namespaces, and what makes a volume's folder. */
export const podPrograms: Recipe = {
  name: "pod-programs",
  title: "programs for pods",
  coldSeconds: 5,
  builds: [{ folder: "pod-programs", binaries: { pause: "./pause", "volume-folder": "./volume-folder" } }],
};

/** Kubernetes' control plane, without its store. */
export const kubernetes: Recipe = {
  name: "kubernetes",
  title: `kubernetes control plane ${versions.kubernetes}`,
  coldSeconds: 240,
  builds: [
    {
      folder: "kubernetes",
      binaries: {
        "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
        "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
        "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
      },
      variables: kubernetesVersionVariables,
    },
  ],
};

/** The store of the control plane. */
export const etcd: Recipe = {
  name: "etcd",
  title: `etcd ${versions.etcd}`,
  coldSeconds: 10,
  builds: [{ folder: "etcd", binaries: { etcd: "go.etcd.io/etcd/server/v3" } }],
};

/** kwok, which simulates nodes and pods, and kwokctl, its cluster tool. */
export const kwok: Recipe = {
  name: "kwok",
  title: `kwok ${versions.kwok}`,
  coldSeconds: 60,
  builds: [
    {
      folder: "kwok",
      binaries: { kwok: "sigs.k8s.io/kwok/cmd/kwok", kwokctl: "sigs.k8s.io/kwok/cmd/kwokctl" },
    },
  ],
};

/** kind, which runs clusters in containers. */
export const kind: Recipe = {
  name: "kind",
  title: `kind ${versions.kind}`,
  coldSeconds: 10,
  builds: [{ folder: "kind", binaries: { kind: "sigs.k8s.io/kind" } }],
};

/** The standard channel of the Gateway API's resource definitions. */
export const gatewayApi: Recipe = {
  name: "gateway-api",
  title: `gateway-api definitions ${versions.gatewayApi}`,
  coldSeconds: 5,
  ship: [
    {
      folder: "gateway-api",
      module: "sigs.k8s.io/gateway-api",
      from: "config/crd/standard",
      to: "standard",
    },
  ],
};

/** The OpenAPI description of Kubernetes' own kinds. */
export const kubernetesApi: Recipe = {
  name: "kubernetes-api",
  title: `kubernetes API description ${versions.kubernetes}`,
  coldSeconds: 10,
  ship: [
    {
      folder: "kubernetes",
      module: "k8s.io/kubernetes",
      from: "api/openapi-spec/swagger.json",
      to: "swagger.json",
    },
  ],
};

/** Pods that Pod Security lets in or refuses, by level and version: what Kubernetes tests its own admission with. */
export const podSecurityCorpus: Recipe = {
  name: "pod-security-corpus",
  title: `pod security corpus ${versions.kubernetes}`,
  coldSeconds: 5,
  ship: [
    {
      folder: "kubernetes",
      module: "k8s.io/pod-security-admission",
      from: "test/testdata",
      to: "testdata",
    },
  ],
};

/** Calico's manifest for clusters that keep its data in the Kubernetes API. */
export const calico: Recipe = {
  name: "calico",
  title: `calico manifest ${versions.calico}`,
  coldSeconds: 20,
  ship: [
    {
      folder: "calico",
      module: "github.com/projectcalico/calico",
      from: "manifests/calico.yaml",
      to: "calico.yaml",
    },
  ],
};

/**
 * Collects metrics; promtool checks its configuration. Of the ways to find targets, it has files, static lists and Kubernetes:
 * those of clouds are more than half of what Go would compile.
 */
export const prometheus: Recipe = {
  name: "prometheus",
  title: `prometheus ${versions.prometheus}`,
  coldSeconds: 150,
  builds: [
    {
      folder: "prometheus",
      binaries: {
        prometheus: "github.com/prometheus/prometheus/cmd/prometheus",
        promtool: "github.com/prometheus/prometheus/cmd/promtool",
      },
      variables: { "github.com/prometheus/common/version.Version": prometheusRelease },
      tags: ["remove_all_sd", "enable_kubernetes_sd"],
    },
  ],
};

/**
 * Tells people about alerts; amtool checks its configuration. The server embeds pages that its module lacks: it is built from a
 * copy of the module with a file in their place.
 */
export const alertmanager: Recipe = {
  name: "alertmanager",
  title: `alertmanager ${versions.alertmanager}`,
  coldSeconds: 80,
  embed: [{ folder: "alertmanager", module: "github.com/prometheus/alertmanager", from: ".", to: "module" }],
  builds: [
    {
      folder: "alertmanager-server",
      binaries: {
        alertmanager: "github.com/prometheus/alertmanager/cmd/alertmanager",
        amtool: "github.com/prometheus/alertmanager/cmd/amtool",
      },
      variables: { "github.com/prometheus/common/version.Version": versions.alertmanager },
    },
  ],
};

/** Keeps logs. */
export const loki: Recipe = {
  name: "loki",
  title: `loki ${versions.loki}`,
  coldSeconds: 360,
  builds: [
    {
      folder: "loki",
      binaries: { loki: "github.com/grafana/loki/v3/cmd/loki" },
      variables: { "github.com/grafana/loki/v3/pkg/util/build.Version": versions.loki },
    },
  ],
};

/** Reads the log files of pods and sends them on. */
export const otelcol: Recipe = {
  name: "otelcol",
  title: `OpenTelemetry Collector ${versions.otelcol}`,
  coldSeconds: 110,
  builds: [
    { folder: "otelcol", binaries: { "otelcol-contrib": "." }, variables: { "main.version": versions.otelcol } },
  ],
};
