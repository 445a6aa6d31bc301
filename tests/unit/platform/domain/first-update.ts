import { conditionOf } from "../../../../platform/domain/conditions.ts";
import { decide, type Decision, type Situation } from "../../../../platform/domain/decide.ts";
import type { Outcome } from "../../../../platform/domain/operation.ts";
import type { DiffSummary, PreviewEnvironmentStatus } from "../../../../spec/index.ts";
import {
  after,
  commit,
  environment,
  NOW,
  REPOSITORY,
  request,
  situation,
  type EnvironmentParts,
} from "./situations.ts";

/** The branch that every example deploys. */
export const source = { repository: REPOSITORY, branch: "main" };
/** The same environment with a newer commit. */
export const OTHER = { spec: { source: { ...source, commit: commit(2) } } };
/** What an update changed. */
export const DIFF: DiffSummary = {
  create: 1,
  update: 0,
  replace: 0,
  delete: 0,
  same: 3,
  resources: ["create Service/web"],
};
/** How far an update came. */
export const STEPS = [
  { name: "namespace", startedAt: NOW.toISOString(), finishedAt: after(1).toISOString(), seconds: 1 },
];

/** The first decision about a new environment: its update starts. */
export const started = decide(situation());
/** Of what that update brings. */
export const FINGERPRINT = started.status.operation?.fingerprint ?? "";
/** That update while it runs. */
export const running = {
  request: request("apply", { id: started.status.operation?.id }),
  startedAt: NOW,
  fingerprint: FINGERPRINT,
  cancelling: false,
  latest: {},
};

/** Decides for an environment with a status, some seconds later. */
export function next(
  status: PreviewEnvironmentStatus,
  differing: Partial<Situation> & { readonly parts?: EnvironmentParts; readonly seconds?: number } = {},
): Decision {
  const { parts, seconds = 0, ...rest } = differing;
  return decide(situation({ environment: environment({ ...parts, status }), now: after(seconds), ...rest }));
}

/** That update when it has ended. */
export function ended(outcome: Outcome, fingerprint = FINGERPRINT) {
  return { request: running.request, outcome, fingerprint, at: NOW };
}

/** What is said of the environment. */
export function message(decision: Decision): string {
  return conditionOf(decision.status, "Ready")?.message ?? "";
}

/** The decision after that update has succeeded. */
export const succeeded = next(started.status, { ended: ended({ ok: true, diff: DIFF, steps: STEPS }) });
