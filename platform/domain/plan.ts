import type { PreviewEnvironmentStatus } from "../../spec/index.ts";
import type { Description } from "./describe.ts";
import { fingerprint } from "./fingerprint.ts";
import { previewName } from "./names.ts";
import type { OperationKind } from "./operation.ts";
import type { Action, Situation } from "./situation.ts";

/** A decision in the making. */
export interface Plan {
  readonly status: PreviewEnvironmentStatus;
  readonly actions: readonly Action[];
  /** Times at which it is to be decided again; the first one counts. */
  readonly due: readonly (Date | undefined)[];
}

/** What an operation is about. */
export interface Undertaking {
  readonly kind: OperationKind;
  readonly description?: Pick<Extract<Description, { readonly ok: true }>, "spec" | "fingerprint" | "secretFiles">;
  readonly commit?: string;
  readonly refresh?: boolean;
}

type StartRequest = Extract<Action, { readonly do: "start" }>["request"];

/** When unfinished work is looked at again. */
export function soon({ now, settings }: Situation): Date {
  return new Date(now.getTime() + settings.retry.waitingMs);
}

/** The plan to start an operation. The status tells of it before it starts: whoever comes after a crash knows. */
export function startPlan(
  situation: Situation,
  status: PreviewEnvironmentStatus,
  { kind, description, commit, refresh }: Undertaking,
): Plan {
  const { environment, now, random } = situation;
  const { name, uid } = environment.metadata;
  const id = `${kind}-${fingerprint([uid, now.getTime(), random]).slice(0, 12)}`;
  const request: StartRequest = {
    id,
    kind,
    stack: previewName(name),
    namespace: previewName(name),
    ...(description ? { description: description.spec } : {}),
    ...(description?.secretFiles ? { secretFiles: description.secretFiles } : {}),
    ...(refresh ? { refresh } : {}),
  };
  return {
    status: {
      ...status,
      operation: { id, kind, startedAt: now.toISOString(), fingerprint: description?.fingerprint, commit },
    },
    actions: [{ do: "start", request, fingerprint: description?.fingerprint }],
    due: [soon(situation)],
  };
}
