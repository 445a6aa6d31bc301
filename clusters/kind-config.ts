/**
 * Configuration of a kind cluster whose network is Calico: kind's own network plugin, which does not enforce network
 * policies on every version, is left out.
 *
 * @returns JSON, which kind reads as YAML.
 * @see https://kind.sigs.k8s.io/docs/user/configuration/
 */
export function kindConfiguration(name: string): string {
  return `${JSON.stringify(
    {
      kind: "Cluster",
      apiVersion: "kind.x-k8s.io/v1alpha4",
      name,
      networking: {
        disableDefaultCNI: true,
        // Calico reads it from kubeadm's configuration. Its own default, 192.168.0.0/16, is many a home network.
        podSubnet: "10.244.0.0/16",
      },
      nodes: [{ role: "control-plane" }, { role: "worker" }],
    },
    null,
    2,
  )}\n`;
}
