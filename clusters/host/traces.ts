/** How a host cluster's traces on the machine are told from everybody else's. Pure functions on the texts of tools. */

/** Chains and rules of Calico, the kubelet and kube-proxy, by the names that only these give. */
const kubernetesTrace = /\b(?:cali[-:]|KUBE-|CNI-)|"cali:/;

/**
 * Filters the output of `iptables-save`.
 *
 * @returns what to give to `iptables-restore` to be rid of Kubernetes' chains; undefined when there are none.
 */
export function withoutKubernetesRules(saved: string): string | undefined {
  const lines = saved.split("\n");
  const kept = lines.filter((line) => !kubernetesTrace.test(line));
  return kept.length === lines.length ? undefined : kept.join("\n");
}

/** Names of the chains in the output of `iptables-save` that Kubernetes' programs made. */
export function kubernetesChains(saved: string): string[] {
  const names = [...saved.matchAll(/^:(\S+)/gm)].map(([, name]) => name ?? "");
  return names.filter((name) => kubernetesTrace.test(name)).sort();
}

/**
 * Mount points in the text of a `mountinfo` file that lie in one of the folders.
 *
 * @returns the innermost first: the order in which they can be unmounted.
 */
export function mountsBelow(mountinfo: string, folders: readonly string[]): string[] {
  return mountinfo
    .split("\n")
    .flatMap((line) => {
      const point = line.split(" ")[4];
      return point === undefined ? [] : [unescapeOctal(point)];
    })
    .filter((point) => folders.some((folder) => point === folder || point.startsWith(`${folder}/`)))
    .reverse();
}

/** Whether the root folder of a process, by its `mountinfo`, is an overlay of layers in the folder. */
export function rootLiesIn(mountinfo: string, folder: string): boolean {
  const root = mountinfo.split("\n").find((line) => line.split(" ")[4] === "/");
  return root !== undefined && / - overlay /.test(root) && unescapeOctal(root).includes(`upperdir=${folder}/`);
}

/** The kernel writes blanks and backslashes in paths as octal numbers. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

/** Names of sets in the output of `ipset list -name` that Felix made. */
export function calicoSets(listed: string): string[] {
  return listed.split("\n").filter((name) => /^cali[46]?[0-9a-z]*[-:]/.test(name));
}
