import assert from "node:assert/strict";
import { goneReport, isReport, isSameReport, reportOf } from "../../../../../platform/domain/pull-requests/report.ts";
import type { Condition, PreviewEnvironmentStatus } from "../../../../../spec/index.ts";
import { NOW, settings } from "../situations.ts";
import { pullEnvironment } from "./examples.ts";

const prices = { currency: "EUR", cpu: 20, memory: 3, storage: 0.1 };
const told = { domain: settings(), prices, hasPolicies: true };

function ready(reason: Condition<"Ready">["reason"], message: string): Condition {
  const lastTransitionTime = NOW.toISOString();
  return { type: "Ready", status: "False", reason, message, lastTransitionTime, observedGeneration: 1 };
}

function report(status: PreviewEnvironmentStatus, of: Parameters<typeof pullEnvironment>[0] = {}, dashboard?: string) {
  return reportOf(pullEnvironment({ ...of, status: { observedGeneration: 1, ...status } }), { ...told, dashboard });
}

const diff = { create: 4, update: 1, replace: 0, delete: 0, same: 9, resources: ["create Deployment/web"] };
const steps = [{ name: "data stores", startedAt: NOW.toISOString(), seconds: 3.5 }];
const url = "https://shop-pr-42.preview.example.com";

describe("What a pull request is told", () => {
  it("of a ready environment: where it is, what changed, what it reserves and costs, how long it took, what to do", () => {
    const {
      state,
      comment,
      url: address,
    } = report({ phase: "Ready", url, diff, steps, expiresAt: "2026-03-04T12:00:00Z" });
    assert.deepEqual([state, address], ["success", url]);
    for (const part of [
      "### Preview environment `shop-pr-42`: Ready",
      `| Address | ${url} |`,
      "| Policies | passed |",
      "4 created, 1 updated, 0 replaced, 0 deleted, 9 as before",
      "| Stays until | 2026-03-04T12:00:00Z |",
      "create Deployment/web",
      "| data stores | 3.5 s |",
      "`bin/terrarium env extend shop-pr-42 24h`",
      "`bin/terrarium env sleep shop-pr-42`",
    ])
      assert.ok(comment.includes(part), part);
    assert.match(
      comment,
      /\| Reserves \| 0\.\d+ cores, [\d.]+ GiB memory, [\d.]+ GiB volumes, about €[\d.]+ a month \|/,
    );
  });

  it("leads to the environment's page of the dashboard where that has an address, and nowhere else", () => {
    const status = { phase: "Provisioning" } as const;
    const { comment } = report(status, {}, "https://terrarium.example.com");
    assert.ok(comment.includes("](https://terrarium.example.com/environments/shop-pr-42) |"), comment);
    assert.doesNotMatch(report(status).comment, /Dashboard|\]\(/);
  });

  it("of a commit that the platform has not looked at says nothing that was true of the one before", () => {
    const { state, comment } = report({ phase: "Ready", url, diff, steps, observedGeneration: 0 });
    assert.equal(state, "pending");
    assert.ok(!comment.includes(url) && !comment.includes("create Deployment"), comment);
  });

  const asleep: Condition = { ...ready("Asleep", ""), type: "Asleep", status: "True", reason: "Idle" };
  const states: readonly (readonly [PreviewEnvironmentStatus, string | undefined, RegExp])[] = [
    [{ phase: "Queued", position: 3 }, "pending", /as number 3/],
    [{ phase: "Queued", conditions: [ready("ApprovalNeeded", "/approve it")] }, "pending", /approves this very commit/],
    [{ phase: "Provisioning" }, "pending", /being brought/],
    [{ phase: "Failed", conditions: [ready("UpdateFailed", "web: no image")] }, "failure", /It failed: UpdateFailed\./],
    [{ phase: "Failed", retryAt: NOW.toISOString(), conditions: [ready("Timeout", "")] }, "failure", /tried again/],
    [{ phase: "Provisioning", conditions: [asleep] }, undefined, /being brought/],
    [{ phase: "Asleep", conditions: [asleep] }, undefined, /sleeps/],
    [{ phase: "Failed", conditions: [asleep] }, "failure", /failed/],
    [{ phase: "Terminating" }, "inactive", /being removed/],
    [{ phase: "DeleteBlocked" }, "inactive", /tried again/],
  ];
  for (const [status, state, summary] of states) {
    it(`of one that is ${status.phase} (${state ?? "as before"}) says ${summary.source}`, () => {
      const found = report(status);
      assert.equal(found.state, state);
      assert.match(found.summary, summary);
    });
  }

  it("names what a policy refuses", () => {
    const violation = ready("PolicyViolation", "pinned-image: Deployment/web uses team/shop:latest");
    const { comment } = report({ phase: "Failed", conditions: [violation] });
    assert.match(comment, /\| Policies \| \*\*refused\*\*, see below \|/);
    assert.ok(comment.includes(violation.message));
  });

  it("is the same as long as nothing but progress changes", () => {
    const operation = { id: "a", kind: "apply", startedAt: NOW.toISOString() };
    const at = (progress: string) => report({ phase: "Provisioning", operation: { ...operation, progress }, steps });
    assert.equal(at("1 of 9").fingerprint, at("8 of 9").fingerprint);
    assert.notEqual(at("1 of 9").fingerprint, report({ phase: "Ready", steps }).fingerprint);
  });

  it("is found again by its first line", () => {
    const found = report({ phase: "Ready" });
    assert.ok(isReport(found.comment) && isSameReport(found.comment, found));
    assert.ok(!isSameReport(report({ phase: "Failed" }).comment, found));
    assert.ok(!isReport("A comment that mentions <!-- terrarium preview -->"));
  });

  it("shows messages as they are: nothing in them is Markdown, or ends their block", () => {
    const message = "````\n# heading\n@everyone <script> | ``` ";
    const { comment } = report({ phase: "Failed", conditions: [ready("UpdateFailed", message)] });
    assert.ok(comment.includes(`\`\`\`\`\`text\n${message}\n\`\`\`\`\``), comment);
  });

  it("at the end says that everything is gone, and why", () => {
    const { state, comment } = goneReport("shop-pr-42", "0".repeat(40), "the pull request is closed");
    assert.equal(state, "inactive");
    assert.match(comment, /proven gone\. Why: the pull request is closed\./);
  });
});
