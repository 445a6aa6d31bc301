import type { ConditionReport } from "./conditions.ts";
import type { Description } from "./describe.ts";
import type { Admission } from "./situation.ts";

/** What an update is to bring. */
type Wanted = Pick<Extract<Description, { readonly ok: true }>, "commit" | "asleep">;

/** Condition of an environment that has its place. */
export const ADMITTED: ConditionReport = {
  type: "Admitted",
  status: "True",
  reason: "Admitted",
  message: "It has a place under the caps, and keeps it until it sleeps or is gone.",
};

/** Condition of an environment that sleeps. */
export const ASLEEP: ConditionReport = {
  type: "Ready",
  status: "False",
  reason: "Asleep",
  message: "It sleeps; the condition Asleep says why, and what wakes it.",
};

/** Condition of an environment that has given its place away. */
export const WITHOUT_PLACE: ConditionReport = {
  type: "Admitted",
  status: "False",
  reason: "Asleep",
  message: "It sleeps, and takes no place under the caps. It gets one again when it wakes, in line where none is free.",
};

/** Condition of an environment that joins the line. */
export const JOINED: ConditionReport = {
  type: "Ready",
  status: "False",
  reason: "Queued",
  message: "It waits for a place under the caps.",
};

/** Condition of an environment that is being destroyed. */
export const TERMINATING: ConditionReport = {
  type: "Ready",
  status: "False",
  reason: "Terminating",
  message: "It is being deleted: its resources are destroyed, then its namespace, volumes and stack are proven gone.",
};

/** Condition of an environment that runs. @param commit undefined: its branch's newest. */
export function ready(commit: string | undefined): ConditionReport {
  return { type: "Ready", status: "True", reason: "Ready", message: `It runs ${nameOf(commit)} as described.` };
}

/** Condition of an environment whose update runs. */
export function updating({ commit, asleep }: Wanted): ConditionReport {
  return provisioning(asleep ? "It is being put to sleep." : `It is being brought to ${nameOf(commit)}.`);
}

/** Condition of an environment whose update has to wait. @param what has to happen first. */
export function updatePending({ commit, asleep }: Wanted, what: string): ConditionReport {
  return provisioning(`It is ${asleep ? "put to sleep" : `brought to ${nameOf(commit)}`} as soon as ${what}.`);
}

/** Condition of an environment whose object can't be carried out. */
export function rejected({ reason, message }: Extract<Description, { readonly ok: false }>): ConditionReport {
  return { type: "Ready", status: "False", reason, message };
}

/** Conditions of an environment that waits for a place. */
export function queued({ position, reason }: Extract<Admission, { readonly admitted: false }>): ConditionReport[] {
  const line = `It is number ${position} in the line for a place`;
  const message = `${line}: ${CAPS[reason]}. It starts by itself; deleting one that is no longer needed makes room.`;
  return [
    { type: "Ready", status: "False", reason: "Queued", message: `${line}; the condition Admitted says why.` },
    { type: "Admitted", status: "False", reason, message },
  ];
}

const CAPS: Readonly<Record<Extract<Admission, { readonly admitted: false }>["reason"], string>> = {
  GlobalCap: "the platform has as many environments as its cap allows",
  RepositoryCap: "its repository has as many environments as the cap for it allows",
  UserCap: "its owner has as many environments as the cap per user allows",
};

function provisioning(message: string): ConditionReport {
  return { type: "Ready", status: "False", reason: "Provisioning", message };
}

function nameOf(commit: string | undefined): string {
  return commit === undefined ? "the newest commit of its branch" : `commit ${commit.slice(0, 12)}`;
}
