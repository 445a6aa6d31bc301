import assert from "node:assert/strict";
import { diagnose } from "../../../doctor/index.ts";
import { healthy, pod, SHOP } from "./shop.ts";

const METADATA = { namespace: SHOP, name: "migrate" };
const LOG_IN = 'password authentication failed for user "shop"';

/** What a migration writes that ends, as the sample application does. */
const fatal = (message: string) =>
  JSON.stringify({
    level: "fatal",
    time: "2029-06-01T11:57:58.690Z",
    role: "migrate",
    msg: "migrate could not start",
    err: { type: "Error", message, stack: `Error: ${message}\n    at migrate.js:1` },
  });

/**
 * A migration whose Job somebody has made once more by hand, and that fails again.
 *
 * @param spec of the Job as it is now; the stack made it with a deadline and three retries.
 * @param status @default its first pod has failed
 */
function rerun(spec: object, message: string, status: object = { failed: 1 }) {
  const facts = healthy();
  const labels = { "app.kubernetes.io/component": "migration", "app.kubernetes.io/name": "migrate" };
  const template = (image: string) => ({
    metadata: { labels: { "terrarium.dev/workload": "migrate" } },
    spec: { containers: [{ name: "migrate", image }] },
  });
  const wanted = { backoffLimit: 3, activeDeadlineSeconds: 600, template: template("example.com/migrate:1.0.0") };
  const inputs: object = { metadata: METADATA, spec: wanted };
  facts.state = { pending: [], resources: [{ urn: "urn", type: "kubernetes:batch/v1:Job", inputs }] };
  facts.objects.Job = [
    { metadata: { ...METADATA, labels }, spec: { backoffLimit: 3, template: wanted.template, ...spec }, status },
  ];
  const terminated = { exitCode: 1, reason: "Error" };
  const containerStatuses = [{ name: "migrate", state: { terminated } }];
  const failed = pod("migrate-x1", { kind: "Job", name: "migrate" }, { phase: "Failed", containerStatuses });
  facts.objects.Pod = [...(facts.objects.Pod ?? []), failed];
  facts.logs = [{ namespace: SHOP, pod: "migrate-x1", container: "migrate", lines: [fatal(message)] }];
  return { facts, template };
}

const linesOf = ({ facts }: ReturnType<typeof rerun>) => diagnose(facts).causes.map(({ finding: { says } }) => says);

describe("a Job that somebody has made once more", () => {
  const changed = "Migration 0001-entries.sql was changed after it was applied.";
  const drifted = "Job migrate was changed past Terrarium: spec.activeDeadlineSeconds is not there and should be 600.";

  it("fails for its own reason, and not because it has no deadline any more", () => {
    assert.deepEqual(linesOf(rerun({}, changed)), [
      `Migration migrate fails: migrate could not start: ${changed}`,
      drifted,
    ]);
  });

  it("fails because its data store refuses its password, which comes first", () => {
    const broken = rerun({}, LOG_IN);
    const refusal = { namespace: SHOP, pod: "postgres-0", container: "postgres", lines: [`FATAL:  ${LOG_IN}`] };
    broken.facts.logs = [...broken.facts.logs, refusal];
    const [first, second, ...rest] = diagnose(broken.facts).causes;
    assert.match(first?.finding.says ?? "", /^StatefulSet postgres refuses the password of user shop:/);
    assert.deepEqual(
      first?.consequences.map(({ rule }) => rule),
      ["failed-migration"],
    );
    assert.equal(second?.finding.says, drifted);
    assert.deepEqual(rest, []);
  });

  it("fails because of the change when that gave it another image", () => {
    const broken = rerun({}, changed);
    const template = broken.template("example.com/migrate:0.9.0");
    broken.facts.objects.Job = broken.facts.objects.Job?.map((job) => ({
      ...job,
      spec: { backoffLimit: 3, template },
    }));
    const [first] = diagnose(broken.facts).causes;
    assert.equal(first?.finding.rule, "drift");
    assert.deepEqual(
      first.consequences.map(({ rule }) => rule),
      ["failed-migration"],
    );
  });

  it("fails because of the change when that gave it less time", () => {
    const conditions = [{ type: "Failed", status: "True", reason: "DeadlineExceeded" }];
    const [first] = diagnose(rerun({ activeDeadlineSeconds: 1 }, changed, { failed: 1, conditions }).facts).causes;
    assert.match(first?.finding.says ?? "", /spec\.activeDeadlineSeconds is 1 and should be 600\.$/);
  });
});
