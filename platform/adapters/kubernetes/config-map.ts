import { type Api, isConflict, isNotFound } from "./api.ts";

/** A ConfigMap that the service keeps: what belongs to it, and whose it is. */
export interface OwnedConfigMap {
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly Readonly<Record<string, unknown>>[];
}

/** Writes values into a ConfigMap, which is made where it is missing; null removes a key. Other keys stay. @throws ApiError */
export async function writeConfigMap(
  api: Api,
  target: OwnedConfigMap,
  data: Readonly<Record<string, string | null>>,
): Promise<void> {
  const { namespace, ...metadata } = target;
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  try {
    await api.send("PATCH", `${path}/${target.name}`, { body: { metadata, data } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const values = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null));
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata, data: values };
    await api.send("POST", path, { body }).catch((failure: unknown) => {
      if (!isConflict(failure)) throw failure;
      // Somebody else made it meanwhile.
      return writeConfigMap(api, target, data);
    });
  }
}

/** Reads a ConfigMap's values; undefined where there is none. @throws ApiError */
export async function readConfigMap(
  api: Api,
  namespace: string,
  name: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    const found = await api.send<{ data?: Readonly<Record<string, string>> }>(
      "GET",
      `/api/v1/namespaces/${namespace}/configmaps/${name}`,
    );
    return found.data ?? {};
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
