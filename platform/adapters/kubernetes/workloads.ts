import { type Api, ApiError } from "./api.ts";

/** An object of an environment's namespace that runs something, or keeps something. */
export interface WorkloadState {
  readonly kind: "Deployment" | "StatefulSet" | "Job" | "PersistentVolumeClaim" | "Pod";
  readonly name: string;
  /** The part of the environment that it belongs to: its label app.kubernetes.io/name. */
  readonly part: string;
  readonly state: "good" | "busy" | "bad" | "asleep";
  /** For people: "1 of 2 ready", "Bound, 1Gi", "ImagePullBackOff". */
  readonly detail: string;
}

interface Listed {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: {
    readonly replicas?: number;
    readonly resources?: { readonly requests?: { readonly storage?: string } };
  };
  readonly status?: {
    readonly phase?: string;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly succeeded?: number;
    readonly failed?: number;
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string };
    readonly running?: object;
    readonly terminated?: { readonly reason?: string; readonly exitCode: number };
  };
}

type Judgement = Pick<WorkloadState, "state" | "detail">;

const KINDS: readonly (readonly [WorkloadState["kind"], string, (object: Listed) => Judgement])[] = [
  ["Deployment", "/apis/apps/v1", judgeReplicas],
  ["StatefulSet", "/apis/apps/v1", judgeReplicas],
  ["Job", "/apis/batch/v1", judgeJob],
  ["PersistentVolumeClaim", "/api/v1", judgeClaim],
  ["Pod", "/api/v1", judgePod],
];

/** Most objects of a kind that are looked at. */
const MOST = "200";

/**
 * Reads what runs in an environment's namespace.
 *
 * @returns undefined where the service has no right to see it: it has that in namespaces of environments whose operations it
 *   runs itself.
 * @throws ApiError
 */
export async function readWorkloads(api: Api, namespace: string): Promise<WorkloadState[] | undefined> {
  try {
    const lists = await Promise.all(
      KINDS.map(async ([kind, group, judge]) => {
        const path = `${group}/namespaces/${namespace}/${kind.toLowerCase()}s`;
        const { items } = await api.send<{ items: readonly Listed[] }>("GET", path, { query: { limit: MOST } });
        return items.map((object): WorkloadState => {
          const { name, labels } = object.metadata;
          return { kind, name, part: labels?.["app.kubernetes.io/name"] ?? "", ...judge(object) };
        });
      }),
    );
    return lists.flat();
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}

function judgeReplicas({ spec, status }: Listed): Judgement {
  const wanted = spec?.replicas ?? 1;
  const ready = Math.min(status?.readyReplicas ?? 0, status?.updatedReplicas ?? 0);
  if (wanted === 0) return { state: "asleep", detail: "no pods wanted" };
  return { state: ready >= wanted ? "good" : "busy", detail: `${ready} of ${wanted} ready` };
}

function judgeJob({ status }: Listed): Judgement {
  if ((status?.succeeded ?? 0) > 0) return { state: "good", detail: "done" };
  const failed = status?.failed ?? 0;
  return failed > 0 ? { state: "bad", detail: `failed ${failed} times` } : { state: "busy", detail: "runs" };
}

function judgeClaim({ spec, status }: Listed): Judgement {
  const phase = status?.phase ?? "Pending";
  return {
    state: phase === "Bound" ? "good" : "busy",
    detail: [phase.toLowerCase(), spec?.resources?.requests?.storage].filter((part) => part !== undefined).join(", "),
  };
}

function judgePod({ status }: Listed): Judgement {
  const main = status?.containerStatuses ?? [];
  const all = [...(status?.initContainerStatuses ?? []), ...main];
  const restarts = all.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const tell = (state: Judgement["state"], text: string): Judgement => ({
    state,
    detail: restarts === 0 ? text : `${text}, ${restarts} restarts`,
  });
  const stuck = all.map(({ name, state }) => ({ name, reason: state?.waiting?.reason })).find(isTrouble);
  if (stuck) return tell("bad", `${stuck.name}: ${String(stuck.reason)}`);
  if (status?.phase === "Succeeded") return tell("good", "done");
  if (status?.phase === "Failed") return tell("bad", "failed");
  if (main.length > 0 && main.every(({ ready }) => ready)) return tell("good", "ready");
  const current = all.find(({ state }) => state?.running !== undefined);
  return tell("busy", current && !main.includes(current) ? `runs ${current.name}` : "starts");
}

/** What a container waits for by itself passes; the rest is said with a word that ends so. */
function isTrouble({ reason = "" }: { readonly reason: string | undefined }): boolean {
  return /BackOff|Err|Invalid/.test(reason);
}
