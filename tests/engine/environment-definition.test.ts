import assert from "node:assert/strict";
import fc from "fast-check";
import type { KubeApi, KubeResponse } from "../../clusters/kube-api.ts";
import {
  checkManifest,
  formatProblem,
  InvalidSpecError,
  type PreviewEnvironment,
  type PreviewEnvironmentStatus,
} from "../../spec/index.ts";
import { PROJECT } from "./checkout.ts";
import { sharedCheckout } from "./fixtures.ts";
import { fuzzedEnvironment } from "./fuzzed-environments.ts";

const namespace = "environment-definition";
const path = `/apis/terrarium.dev/v1alpha1/namespaces/${namespace}/environments`;
/** How many objects are tried, and which: TERRARIUM_FUZZ=10000 TERRARIUM_FUZZ_SEED=7 for more and others. */
const runs = Number(process.env["TERRARIUM_FUZZ"] ?? 1000);
const seed = Number(process.env["TERRARIUM_FUZZ_SEED"] ?? 1);

describe("the definition of Environment on the real API server", () => {
  let api: KubeApi;

  before(async () => {
    const definition = `${PROJECT}/platform/crd/environments.yaml`;
    const run = async (...args: string[]) => {
      const { code, stderr } = await sharedCheckout().run("kubectl", args);
      assert.equal(code, 0, stderr);
    };
    await run("apply", "--server-side", "-f", definition);
    await run("wait", "--for=jsonpath={.status.acceptedNames.kind}=Environment", "-f", definition);
    await run("wait", "--for=condition=Established", "-f", definition);
    await run("create", "namespace", namespace);
    api = sharedCheckout().api();
  });

  after(async () => {
    api.close();
    await sharedCheckout().run("kubectl", ["delete", "namespace", namespace, "--wait=false"]);
  });

  const send = (method: string, target: string, body: object, type = "application/json") =>
    api.send(method, `${target}${target.includes("?") ? "&" : "?"}fieldValidation=Strict`, {
      type,
      text: JSON.stringify(body),
    });

  it(`accepts and refuses ${runs} fuzzed objects as the commands do, and in the same words`, async () => {
    const samples = fc.sample(fuzzedEnvironment, { seed, numRuns: runs });
    const found = { accepted: 0, refused: 0, rules: 0 };
    const differences: unknown[] = [];
    const next = samples.values();
    const work = async () => {
      for (const sample of next) {
        // Both get the same bytes.
        const text = JSON.stringify(sample);
        const problems = problemsOf(JSON.parse(text));
        const answer = await send("POST", `${path}?dryRun=All`, sample);
        assert.ok([201, 400, 422].includes(answer.status), `${answer.status} ${answer.body}`);
        found[answer.status === 201 ? "accepted" : "refused"] += 1;
        found.rules += causesOf(answer).rules.length;
        if (!agree(problems, answer)) differences.push({ text, problems, answer: answer.body });
      }
    };
    await Promise.all(Array.from({ length: 16 }, work));
    assert.deepEqual(differences.slice(0, 3), [], `${differences.length} of ${runs} differ`);
    assert.ok(found.accepted > runs / 10 && found.refused > runs / 3 && found.rules > runs / 10, JSON.stringify(found));
    console.log(`      ${JSON.stringify(found)}`);
  });

  it("lets the repository and the mode stay as they were created, and everything else change", async () => {
    const created = await send("POST", path, environment("fixed"));
    assert.equal(created.status, 201, created.body);
    const patch = (spec: object) => send("PATCH", `${path}/fixed`, { spec }, "application/merge-patch+json");
    const source = { ...environment("fixed").spec.source, branch: "other" };
    assert.equal((await patch({ source, owner: "eve", ttl: "1h" })).status, 200);
    const refused = await patch({ mode: "source", source: { ...source, repository: "https://git.example.com/b" } });
    const said = causesOf(refused).rules.map(({ field, message }) => `${field}: ${message}`);
    assert.deepEqual(said.sort(), [
      'spec.mode: got "source", expected "image": it stays as it was created; delete the environment and create another',
      'spec.source.repository: got "https://git.example.com/b", expected "https://git.example.com/a": it stays as it was created; delete the environment and create another',
    ]);
  });

  it("keeps every field of the status", async () => {
    const created = await send("POST", path, environment("reported"));
    assert.equal(created.status, 201, created.body);
    const answer = await send("PATCH", `${path}/reported/status`, { status }, "application/merge-patch+json");
    assert.equal(answer.status, 200, answer.body);
    assert.deepEqual((JSON.parse(answer.body) as PreviewEnvironment).status, status);
  });

  it("shows where an environment is in its life in the columns of kubectl", async () => {
    const { stdout } = await sharedCheckout().run("kubectl", ["get", "tenv", "reported", "-n", namespace]);
    const [head = "", row = ""] = stdout.split("\n");
    assert.match(head, /^NAME +PHASE +REASON +QUEUE +URL +OWNER +EXPIRES +AGE *$/);
    assert.match(
      row,
      /^reported +Ready +Ready +3 +https:\/\/reported\.example\.com +ada +2030-01-01T00:00:00Z +\d+s *$/,
    );
  });
});

function environment(name: string) {
  return {
    apiVersion: "terrarium.dev/v1alpha1",
    kind: "Environment",
    metadata: { name },
    spec: { source: { repository: "https://git.example.com/a", branch: "main" }, owner: "ada" },
  };
}

/** What the commands say; undefined where they accept. */
function problemsOf(manifest: unknown): string[] | undefined {
  try {
    checkManifest(manifest);
    return undefined;
  } catch (error) {
    if (!(error instanceof InvalidSpecError)) throw error;
    // Rules do not show numbers.
    return error.problems.map((problem) =>
      withoutAddress(formatProblem(problem).trim()).replace(/: got -?[\d.e+-]+, /, ": "),
    );
  }
}

/** Rules show the address that they got as it is, the commands without its user, password and query. */
function withoutAddress(message: string): string {
  return message.replace(/got "[^]*?:\/\/[^]*?[@?][^]*?, expected /, "got an address, expected ");
}

interface Cause {
  readonly field: string;
  readonly message: string;
}

/** What the API server says by rules, and how much in its own words. */
function causesOf({ status: code, body }: KubeResponse): { rules: Cause[]; others: number } {
  if (code < 300) return { rules: [], others: 0 };
  const { details } = JSON.parse(body) as { details?: { causes?: Cause[] } };
  const causes = details?.causes ?? [];
  const rules = causes.flatMap(({ field, message }) => {
    const said = /^Invalid value: "(?:string|integer|object)": ((?:got [^]*)?expected [^]*)$/.exec(message)?.[1];
    return said === undefined ? [] : [{ field: field.replace(/\[([^\]]*)\]/g, ".$1"), message: withoutAddress(said) }];
  });
  return { rules, others: causes.length === 0 ? 1 : causes.length - rules.length };
}

/** Whether both accept, or both refuse in the same words as far as the words are those of rules. */
function agree(problems: readonly string[] | undefined, answer: KubeResponse): boolean {
  if (problems === undefined || answer.status === 201) return problems === undefined && answer.status === 201;
  const { rules, others } = causesOf(answer);
  // The commands do not look at the value of a key that is wrong itself.
  const wrongKeys = problems.flatMap((line) => /^([^]*?): got "[^]*expected a name of/.exec(line)?.[1] ?? []);
  const known = rules.every(
    (rule) => problems.some((line) => says(line, rule)) || wrongKeys.some((key) => rule.field.startsWith(`${key}.`)),
  );
  // Where rules alone refuse, they leave nothing unsaid; of a map's keys they name one.
  const complete = problems.every(
    (line) => line.includes("expected a name of") || rules.some((rule) => says(line, rule)),
  );
  return known && (others > 0 || complete);
}

/** Whether a line of the commands says what a rule says. Of a key, rules speak in the place of its map. */
function says(line: string, { field, message }: Cause): boolean {
  return line === `${field}: ${message}` || (line.startsWith(`${field}.`) && line.endsWith(`: ${message}`));
}

const time = "2030-01-01T00:00:00Z";

/** Every field: a new one has to be added here. */
const status: Required<PreviewEnvironmentStatus> = {
  phase: "Ready",
  observedGeneration: 1,
  conditions: [
    { type: "Ready", status: "True", reason: "Ready", message: "", lastTransitionTime: time, observedGeneration: 1 },
  ],
  namespace: "preview-reported",
  stack: "preview-reported",
  url: "https://reported.example.com",
  routes: [{ path: "/", service: "web", port: 8080 }],
  commit: "0123456789abcdef0123456789abcdef01234567",
  applied: "sha256:1",
  failed: "sha256:2",
  position: 3,
  lastRequestAt: time,
  expiresAt: time,
  operation: { id: "1", kind: "apply", startedAt: time, progress: "services", fingerprint: "sha256:1", commit: "0" },
  steps: [{ name: "network", startedAt: time, finishedAt: time, seconds: 1.5 }],
  diff: { create: 1, update: 2, replace: 3, delete: 4, same: 5, resources: ["update Deployment/web"] },
  attempts: 0,
  retryAt: time,
  driftCheckedAt: time,
  driftFailures: 0,
};
