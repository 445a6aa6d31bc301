import type { PreviewEnvironmentStatus } from "../../spec/index.ts";
import { conditionOf } from "../domain/conditions.ts";

/** A rule that an environment breaks. */
export interface ViolationView {
  readonly policy: string;
  readonly message: string;
}

/** What policies say of an environment. */
export interface PolicyView {
  readonly verdict: "passed" | "violated" | "not judged" | "no policies";
  readonly violations: readonly ViolationView[];
}

/** Shows what the policy packs said of the last update. @param packs how many the platform has. */
export function viewPolicy(status: PreviewEnvironmentStatus, packs: number): PolicyView {
  const ready = conditionOf(status, "Ready");
  if (ready?.reason === "PolicyViolation") return { verdict: "violated", violations: violationsOf(ready.message) };
  if (packs === 0) return { verdict: "no policies", violations: [] };
  // What was planned had passed: an update begins with them.
  const isJudged = status.applied !== undefined || status.diff !== undefined;
  return { verdict: isJudged ? "passed" : "not judged", violations: [] };
}

/** Takes the message of the condition apart: "Policies forbid it: <policy>: <message>; <policy>: …" and what follows from it. */
function violationsOf(message: string): ViolationView[] {
  const [first = ""] = message.replace(/^Policies forbid it: /, "").split("\nIt is ");
  return first.split(/; (?=[a-z0-9][\w-]*: )/).map((text) => {
    const [policy = "", ...rest] = text.split(": ");
    return rest.length === 0 ? { policy: "", message: text } : { policy, message: rest.join(": ") };
  });
}
