import type { KubeApi } from "../kube-api.ts";
import { readDefinitions } from "../simulated-content.ts";
import { waitUntil } from "../wait-until.ts";

const collection = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/**
 * Installs the CustomResourceDefinitions of YAML files or folders of them, and waits until objects of these kinds can be
 * made.
 *
 * @returns undefined, or what was still missing at the end of the time.
 */
export async function installDefinitions(
  api: KubeApi,
  sources: readonly string[],
  timeoutMs: number,
): Promise<string | undefined> {
  const definitions = (await Promise.all(sources.map(readDefinitions))).flat();
  await Promise.all(definitions.map(({ name, text }) => api.apply(`${collection}/${name}`, text)));
  return waitUntil(
    async () => {
      const { items } = (await api.read(collection)) as { items: Definition[] };
      const established = new Set(items.filter(isEstablished).map(({ metadata }) => metadata.name));
      return definitions.find(({ name }) => !established.has(name))?.name;
    },
    { timeoutMs },
  );
}

interface Definition {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function isEstablished({ status }: Definition): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === "Established" && value === "True") ?? false;
}
