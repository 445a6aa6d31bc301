import assert from "node:assert/strict";
import { brokePlan, failureOf } from "../../../../platform/runner/failures.ts";

const NOTHING = { errors: [], violations: [] };

describe("why an operation failed", () => {
  for (const [said, reason, retry] of [
    [
      "configured Kubernetes cluster is unreachable: unable to load schema information",
      "ClusterUnavailable",
      "transient",
    ],
    [
      'Get "https://10.0.0.1/api": dial tcp 10.0.0.1:443: connect: connection refused',
      "ClusterUnavailable",
      "transient",
    ],
    ["The cluster cannot be read: kubectl gave no answer within 30 s", "ClusterUnavailable", "transient"],
    ["etcdserver: request timed out", "ClusterUnavailable", "transient"],
    ['Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1', "UpdateFailed", "terminal"],
    ["2 errors occurred: the Pod did not become ready", "UpdateFailed", "transient"],
    ["getting secrets manager: incorrect passphrase", "UpdateFailed", "transient"],
    ['policy pack "/packs/base" failed to start: could not read plugin', "UpdateFailed", "transient"],
  ] as const) {
    it(`is ${reason}, ${retry}: ${said}`, () => {
      const failure = failureOf("", { ...NOTHING, errors: [said] });
      assert.deepEqual([failure.reason, failure.retry], [reason, retry]);
      assert.ok(failure.message.includes(said));
    });
  }

  it("is told by the policies first, and only a change of the environment helps", () => {
    const failure = failureOf("connection refused", { errors: ["preview failed"], violations: ["images: web: no"] });
    assert.deepEqual(failure, {
      ok: false,
      reason: "PolicyViolation",
      retry: "terminal",
      message: "Policies forbid it: images: web: no",
    });
  });

  it("is a held lock, to be waited for, when another update was faster", () => {
    const text =
      "code: -2\n stdout: \n stderr: Command failed with exit code 255: pulumi up\nerror: the stack is currently locked by 1 lock(s).\n err?: \n";
    const failure = failureOf(text, NOTHING);
    assert.deepEqual([failure.reason, failure.retry], ["StateLocked", "waiting"]);
    assert.match(failure.message, /the stack is currently locked by 1 lock/);
  });

  it("is a lost engine when something killed it", () => {
    assert.equal(failureOf("stderr: Command was killed with SIGKILL: pulumi up", NOTHING).reason, "RunnerLost");
  });

  for (const said of [
    "Detected that /plugins/resource-kubernetes/pulumi-resource-kubernetes exited prematurely.",
    'connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:1: connect: connection refused"',
  ]) {
    it(`is a lost plugin when something killed it: ${said}`, () => {
      assert.equal(failureOf("", { ...NOTHING, errors: [said] }).reason, "RunnerLost");
    });
  }

  it("is told in 2,000 characters at most", () => {
    assert.equal(failureOf("", { ...NOTHING, errors: ["x".repeat(5_000)] }).message.length, 2_000);
  });

  it("is a broken plan where values came out otherwise", () => {
    assert.equal(brokePlan({ ...NOTHING, errors: ["resource a violates plan: its values are not as planned"] }), true);
    assert.equal(
      brokePlan({ ...NOTHING, errors: ["create is not allowed by the plan: no steps were expected"] }),
      true,
    );
    assert.equal(brokePlan({ ...NOTHING, errors: ["no luck"] }), false);
  });
});
