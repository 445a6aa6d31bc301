import { type Api, ApiError, isNotFound } from "./api.ts";

/** The containers of a pod. */
export interface PodContainers {
  /** In the order in which they start. */
  readonly names: readonly string[];
  /** The one whose log is meant where nobody names another. */
  readonly main: string;
}

/** What a container wrote last. */
export interface ContainerLog {
  /** The oldest first. */
  readonly lines: readonly string[];
  /** Why there is none, in the words of the cluster. @default there is one */
  readonly missing?: string;
}

interface Pod {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly initContainers?: readonly { readonly name: string }[];
    readonly containers: readonly { readonly name: string }[];
  };
}

/** Most lines and bytes of a log that are read. */
const [MOST_LINES, MOST_BYTES] = ["500", "131072"];
/** Annotation that names the main container, as kubectl reads it. */
const MAIN = "kubectl.kubernetes.io/default-container";

/** Reads which containers a pod has; undefined where there is no such pod. @throws ApiError */
export async function readContainers(api: Api, namespace: string, pod: string): Promise<PodContainers | undefined> {
  try {
    const { metadata, spec } = await api.send<Pod>("GET", pathOf(namespace, pod));
    const [first] = spec.containers;
    const names = [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);
    const wanted = metadata.annotations?.[MAIN] ?? "";
    return { names, main: names.includes(wanted) ? wanted : (first?.name ?? "") };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Reads the end of a container's log. @throws ApiError where there is no such pod, or the cluster does not answer. */
export async function readContainerLog(
  api: Api,
  namespace: string,
  pod: string,
  container: string,
): Promise<ContainerLog> {
  const query = { container, tailLines: MOST_LINES, limitBytes: MOST_BYTES };
  try {
    const text = await api.send<string>("GET", `${pathOf(namespace, pod)}/log`, { query, isText: true });
    return { lines: text === "" ? [] : text.replace(/\n$/, "").split("\n") };
  } catch (error) {
    // Such as of a container that waits for another one.
    if (error instanceof ApiError && error.status === 400)
      return { lines: [], missing: error.message.replace(/^GET \S+: 400 /, "") };
    throw error;
  }
}

/** @throws ApiError where no object can have such a name. */
function pathOf(namespace: string, pod: string): string {
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(pod)) throw new ApiError(404, "GET pods: 404 no pod has such a name");
  return `/api/v1/namespaces/${namespace}/pods/${pod}`;
}
