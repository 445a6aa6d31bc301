import { type Api, isNotFound } from "./api.ts";

interface NamespaceList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  }[];
}

/** Labels of every namespace that Terrarium makes. */
const SELECTOR = "app.kubernetes.io/managed-by=terrarium,app.kubernetes.io/component=namespace";

/** Lists the namespaces that Terrarium made, with the environments' names that they carry. @throws ApiError */
export async function listNamespaces(api: Api): Promise<{ name: string; environment: string }[]> {
  const { items } = await api.send<NamespaceList>("GET", "/api/v1/namespaces", { query: { labelSelector: SELECTOR } });
  return items.map(({ metadata: { name, labels } }) => ({
    name,
    environment: labels?.["app.kubernetes.io/instance"] ?? "",
  }));
}

/** Deletes a namespace with all that is in it; it goes by and by. @throws ApiError */
export async function deleteNamespace(api: Api, name: string): Promise<void> {
  try {
    await api.send("DELETE", `/api/v1/namespaces/${name}`);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
