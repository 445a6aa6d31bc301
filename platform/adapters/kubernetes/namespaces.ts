import { PREVIEW_ENVIRONMENT } from "../../../spec/index.ts";
import { type Api, isNotFound } from "./api.ts";

interface NamespaceList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  }[];
}

/**
 * Lists the namespaces that a platform made, with the environments' names that they carry.
 *
 * @param platform namespace of its Environment objects.
 * @throws ApiError
 */
export async function listNamespaces(api: Api, platform: string): Promise<{ name: string; environment: string }[]> {
  const { labels: own } = PREVIEW_ENVIRONMENT;
  const labelSelector = `app.kubernetes.io/managed-by=terrarium,${own.platform}=${platform}`;
  const { items } = await api.send<NamespaceList>("GET", "/api/v1/namespaces", { query: { labelSelector } });
  return items.flatMap(({ metadata: { name, labels } }) => {
    const environment = labels?.[own.environment];
    return environment === undefined ? [] : [{ name, environment }];
  });
}

/** Deletes a namespace with all that is in it; it goes by and by. @throws ApiError */
export async function deleteNamespace(api: Api, name: string): Promise<void> {
  try {
    await api.send("DELETE", `/api/v1/namespaces/${name}`);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
