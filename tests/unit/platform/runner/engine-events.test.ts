import assert from "node:assert/strict";
import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import type { OperationEvent } from "../../../../platform/domain/operation.ts";
import { listenToPreview, listenToUpdate } from "../../../../platform/runner/engine-events.ts";

type Step = Pick<StepEventMetadata, "op" | "type"> & { readonly name: string; readonly custom?: boolean };

const ENVIRONMENT = "terrarium:index:Environment";

function urnOf(name: string, type: string, component = "Service"): string {
  return `urn:pulumi:pr-7::preview-environments::${ENVIRONMENT}$terrarium:index:${component}$${type}::${name}`;
}

function metadata({ op, type, name, custom = true }: Step, component?: string): StepEventMetadata {
  const urn = urnOf(name, type, component);
  const state = { type, urn, custom, id: "", parent: "", provider: "", outputs: {}, inputs: { metadata: { name } } };
  return op === "delete" ? { op, urn, type, provider: "", old: state } : { op, urn, type, provider: "", new: state };
}

function event(content: Partial<EngineEvent>): EngineEvent {
  return { sequence: 0, timestamp: 0, ...content };
}

const pre = (step: Step, component?: string) => event({ resourcePreEvent: { metadata: metadata(step, component) } });
const done = (step: Step, component?: string) => event({ resOutputsEvent: { metadata: metadata(step, component) } });
const said = (severity: string, message: string, urn?: string) =>
  event({ diagnosticEvent: { severity: severity as "error", message, color: "never", urn } });

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const JOB = "kubernetes:batch/v1:Job";

describe("a preview's events", () => {
  const preview = (...events: EngineEvent[]) => {
    const emitted: OperationEvent[] = [];
    const listener = listenToPreview((each) => emitted.push(each));
    events.forEach(listener.onEvent);
    return { emitted, summary: listener.changes.summary, errors: listener.errors, violations: listener.violations };
  };

  it("become counts, and the names of the objects that change", () => {
    const { summary } = preview(
      pre({ op: "create", type: "kubernetes:core/v1:Secret", name: "web" }),
      pre({ op: "update", type: DEPLOYMENT, name: "web" }),
      pre({ op: "delete", type: DEPLOYMENT, name: "old" }),
      pre({ op: "same", type: DEPLOYMENT, name: "worker" }),
    );
    const resources = ["create Secret/web", "update Deployment/web", "delete Deployment/old"];
    assert.deepEqual(summary, { create: 1, update: 1, replace: 0, delete: 1, same: 1, resources });
  });

  it("count a replacement once, whatever its steps", () => {
    const { summary } = preview(
      pre({ op: "delete-replaced", type: JOB, name: "migrate" }),
      pre({ op: "replace", type: JOB, name: "migrate" }),
      pre({ op: "create-replacement", type: JOB, name: "migrate" }),
    );
    assert.deepEqual([summary.replace, summary.create, summary.delete], [1, 0, 0]);
    assert.deepEqual(summary.resources, ["replace Job/migrate"]);
  });

  it("leave out what is no object: components, providers and the stack", () => {
    const { summary } = preview(
      pre({ op: "create", type: ENVIRONMENT, name: "pr-7", custom: false }),
      pre({ op: "create", type: "pulumi:providers:kubernetes", name: "cluster" }),
      pre({ op: "create", type: "pulumi:pulumi:Stack", name: "pr-7", custom: false }),
    );
    assert.deepEqual(summary, { create: 0, update: 0, replace: 0, delete: 0, same: 0, resources: [] });
  });

  it("name 50 resources at most", () => {
    const names = Array.from({ length: 60 }, (_, index) => `web-${index}`);
    const { summary } = preview(...names.map((name) => pre({ op: "create", type: DEPLOYMENT, name })));
    assert.deepEqual([summary.create, summary.resources.length], [60, 50]);
  });

  it("tell mandatory policies from advice", () => {
    const violation = (enforcementLevel: string) =>
      event({
        policyEvent: {
          message: "<{%reset%}>No such image.<{%reset%}>\n",
          policyName: "images",
          resourceUrn: urnOf("web-deployment", DEPLOYMENT),
          enforcementLevel: enforcementLevel as "mandatory",
          color: "",
          policyPackName: "",
          policyPackVersion: "",
          policyPackVersionTag: "",
        },
      });
    const { violations, emitted } = preview(violation("advisory"), violation("mandatory"));
    assert.deepEqual(violations, ["images: Deployment/web-deployment: No such image."]);
    assert.deepEqual(
      emitted.map((each) => each.type === "log" && each.level),
      ["warn", "error"],
    );
  });

  it("keep errors with the object they are about, and no chatter", () => {
    const { errors, emitted } = preview(
      said("debug", "RegisterResource RPC prepared"),
      said("info", "Waiting for pods"),
      said("error", "no <{%fg 1%}>luck<{%reset%}>\n", urnOf("web-deployment", DEPLOYMENT)),
      said("error", "preview failed"),
    );
    assert.deepEqual(errors, ["Deployment/web-deployment: no luck"]);
    assert.equal(emitted.length, 1);
  });

  it("never repeat the values that a plan was broken with", () => {
    const { errors } = preview(said("error", "resource x violates plan: properties changed: +-data[{&{c2VjcmV0}}]"));
    assert.deepEqual(errors, ["resource x violates plan: its values are not as planned"]);
  });
});

describe("an update's events", () => {
  const web = { op: "create", type: DEPLOYMENT, name: "web" } as const;
  const migrate = { op: "create-replacement", type: JOB, name: "migrate" } as const;
  const update = (...events: EngineEvent[]) => {
    const emitted: OperationEvent[] = [];
    const planned = [urnOf("web", DEPLOYMENT), urnOf("migrate", JOB, "Migration")];
    const listener = listenToUpdate(planned, (each) => emitted.push(each));
    events.forEach(listener.onEvent);
    const of = <T extends OperationEvent["type"]>(type: T) =>
      emitted.filter((each): each is Extract<OperationEvent, { type: T }> => each.type === type);
    return { of, steps: listener.steps() };
  };

  it("tell of each resource, and how many are done", () => {
    const { of } = update(pre(web), done(web));
    assert.deepEqual(
      of("resource").map(({ resource, op, state }) => [resource, op, state]),
      [
        ["Deployment/web", "create", "started"],
        ["Deployment/web", "create", "done"],
      ],
    );
    assert.deepEqual(of("progress"), [{ type: "progress", done: 1, total: 2, current: "Deployment/web" }]);
  });

  it("tell of a resource that failed", () => {
    const failedStep = event({ resOpFailedEvent: { metadata: metadata(web), status: 1, steps: 1 } });
    assert.equal(update(pre(web), failedStep).of("resource").at(-1)?.state, "failed");
  });

  it("count a replacement when the new one is there", () => {
    const { of } = update(
      done({ ...migrate, op: "delete-replaced" }, "Migration"),
      done({ ...migrate, op: "replace" }, "Migration"),
      pre(migrate, "Migration"),
      done(migrate, "Migration"),
    );
    assert.deepEqual(
      of("progress").map(({ done: count }) => count),
      [1],
    );
    assert.deepEqual(of("resource").at(-1)?.op, "replace");
  });

  it("time the steps in the order in which they come up", () => {
    const { of, steps } = update(pre(web), pre(migrate, "Migration"), done(migrate, "Migration"));
    assert.deepEqual(
      steps.map(({ name, finishedAt }) => [name, finishedAt !== undefined]),
      [
        ["migrations", true],
        ["services", false],
      ],
    );
    assert.equal(typeof steps[0]?.seconds, "number");
    assert.equal(of("steps").length, 3, "one for each beginning and end of a step");
  });
});
