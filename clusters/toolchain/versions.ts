/**
 * Every version that the toolchain pins, in one place. The Go modules below go/ pin the same versions once more, because
 * go reads nothing else; a test compares the two.
 */

/** Released versions, without a leading "v". */
export const versions = {
  pulumi: "3.216.0",
  /** The last release of the Pulumi SDK module that contains the language host; CLI {@link versions.pulumi} runs it. */
  pulumiLanguageNodejs: "3.68.0",
  /** Peer of the npm package @pulumi/kubernetes of the same version. */
  kubernetesPlugin: "4.25.0",
  /** Peer of the npm package @pulumi/random of the same version. */
  randomPlugin: "4.19.1",
  kubernetes: "1.34.2",
  kwok: "0.7.0",
  etcd: "3.6.6",
  kind: "0.33.0",
  kubeconform: "0.8.0",
  kubeScore: "1.20.0",
  actionlint: "1.7.12",
  /** An S3 server, for tests. */
  gofakes3: "0.0.12",
  sops: "3.13.3",
  age: "1.3.2",
  flux: "2.9.5",
  /** The controllers that come with that release of Flux. */
  kustomizeController: "1.9.5",
  helmController: "1.6.4",
  helm: "3.22.0",
  gatewayApi: "1.6.1",
  calico: "3.28.5",
  coredns: "1.12.4",
  localPathProvisioner: "0.0.30",
  /** Module v0.315.0 is release 3.15. */
  prometheus: "0.315.0",
  alertmanager: "0.34.0",
  loki: "3.7.8",
  otelcol: "0.149.0",
  kubeStateMetrics: "2.20.0",
  nodeExporter: "1.12.1",
  /** The newest release that the module registry has. */
  postgresExporter: "0.19.1",
  redisExporter: "1.88.0",
  /** A gateway, for tests. */
  traefik: "3.7.13",
  /** Snapshots of volumes, for tests. */
  csiSnapshotter: "8.7.0",
  /** The newest release whose modules the registry has. */
  csiProvisioner: "6.3.0",
} as const;

/** Versions of the machine's own tools that are used in place of ours, as semver ranges. */
export const acceptedOfficial = {
  pulumi: `>=${versions.pulumi} <4.0.0`,
  /** kubectl supports API servers within one minor version of its own. */
  kubectl: ">=1.33.0 <1.36.0",
  kind: ">=0.27.0 <1.0.0",
  /** The first that reads what it encrypts from its standard input. */
  sops: ">=3.10.0 <4.0.0",
} as const;

/** The commit of release {@link versions.calico}, under the name that the module registry has for it. */
const calicoCommit = "v1.11.0-cni-plugin.0.20250813170300-a0db560f0520";

/**
 * The Go modules that are built or that files are taken from: folder below go/, to module, to version.
 * Modules without a tag of the released version are pinned at the commit of that tag.
 */
export const goModules: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pulumi: { "github.com/pulumi/pulumi/pkg/v3": `v${versions.pulumi}` },
  "pulumi-language-nodejs": { "github.com/pulumi/pulumi/sdk/v3": `v${versions.pulumiLanguageNodejs}` },
  "pulumi-resource-kubernetes": {
    "github.com/pulumi/pulumi-kubernetes/provider/v4": "v4.0.0-20260115033456-f47bc2d6f199",
  },
  "pulumi-resource-random": {
    "github.com/pulumi/pulumi-terraform-bridge/v3": "v3.119.0",
    "github.com/terraform-providers/terraform-provider-random": "v1.3.2-0.20260127150608-de3700a633e4",
  },
  kubernetes: { "k8s.io/kubernetes": `v${versions.kubernetes}` },
  kwok: { "sigs.k8s.io/kwok": `v${versions.kwok}` },
  etcd: { "go.etcd.io/etcd/server/v3": `v${versions.etcd}` },
  kind: { "sigs.k8s.io/kind": `v${versions.kind}` },
  kubeconform: { "github.com/yannh/kubeconform": `v${versions.kubeconform}` },
  "kube-score": { "github.com/zegl/kube-score": `v${versions.kubeScore}` },
  actionlint: { "github.com/rhysd/actionlint": `v${versions.actionlint}` },
  "s3-server": { "github.com/rclone/gofakes3": `v${versions.gofakes3}` },
  sops: { "github.com/getsops/sops/v3": `v${versions.sops}` },
  age: { "filippo.io/age": `v${versions.age}` },
  flux: { "github.com/fluxcd/flux2/v2": `v${versions.flux}` },
  "flux-definitions": {
    "github.com/fluxcd/kustomize-controller": `v${versions.kustomizeController}`,
    "github.com/fluxcd/helm-controller": `v${versions.helmController}`,
  },
  helm: { "helm.sh/helm/v3": `v${versions.helm}` },
  "gateway-api": { "sigs.k8s.io/gateway-api": `v${versions.gatewayApi}` },
  calico: { "github.com/projectcalico/calico": calicoCommit },
  "calico-node": { "github.com/projectcalico/calico": calicoCommit },
  coredns: { "github.com/coredns/coredns": `v${versions.coredns}` },
  "local-path-provisioner": { "github.com/rancher/local-path-provisioner": `v${versions.localPathProvisioner}` },
  "pod-programs": {},
  prometheus: { "github.com/prometheus/prometheus": `v${versions.prometheus}` },
  alertmanager: { "github.com/prometheus/alertmanager": `v${versions.alertmanager}` },
  "alertmanager-server": { "github.com/prometheus/alertmanager": `v${versions.alertmanager}` },
  loki: { "github.com/grafana/loki/v3": `v${versions.loki}` },
  otelcol: { "go.opentelemetry.io/collector/otelcol": `v${versions.otelcol}` },
  "kube-state-metrics": { "k8s.io/kube-state-metrics/v2": `v${versions.kubeStateMetrics}` },
  "node-exporter": { "github.com/prometheus/node_exporter": `v${versions.nodeExporter}` },
  "postgres-exporter": { "github.com/prometheus-community/postgres_exporter": `v${versions.postgresExporter}` },
  "redis-exporter": { "github.com/oliver006/redis_exporter": `v${versions.redisExporter}` },
  traefik: { "github.com/traefik/traefik/v3": `v${versions.traefik}` },
  "csi-snapshotter": {
    "github.com/kubernetes-csi/external-snapshotter/v8": `v${versions.csiSnapshotter}`,
    "github.com/kubernetes-csi/external-snapshotter/client/v8": `v${versions.csiSnapshotter}`,
  },
  "csi-provisioner": { "github.com/kubernetes-csi/external-provisioner/v6": `v${versions.csiProvisioner}` },
};
