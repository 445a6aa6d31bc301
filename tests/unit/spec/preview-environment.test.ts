import assert from "node:assert/strict";
import fc from "fast-check";
import { checkManifest, formatProblem, InvalidSpecError, parseQuantity } from "../../../spec/index.ts";
import { LEAST_BYTES, PLAIN_QUANTITIES, type QuantityKind } from "../../../spec/quantity.ts";

const source = { repository: "https://git.example.com/team/shop", branch: "main" };

function environment(spec: unknown = { source }, name = "shop-42"): object {
  return { apiVersion: "terrarium.dev/v1alpha1", kind: "Environment", metadata: { name }, spec };
}

/** What is said of a manifest; empty where it is accepted. */
function problemsOf(manifest: unknown): string[] {
  try {
    checkManifest(manifest);
    return [];
  } catch (error) {
    assert.ok(error instanceof InvalidSpecError);
    return error.problems.map((problem) => formatProblem(problem).trim());
  }
}

describe("an Environment as people write it", () => {
  it("needs a repository and a branch, nothing else", () => {
    assert.deepEqual(problemsOf(environment()), []);
    assert.deepEqual(problemsOf(environment({})), ["spec.source: got nothing, expected a map of keys to values"]);
  });

  it("has a name that the names of its namespaces can be made from", () => {
    assert.deepEqual(problemsOf(environment({ source }, `a${"b".repeat(49)}`)), []);
    for (const name of [`a${"b".repeat(50)}`, "42", "a-", "A", "a.b", ""]) {
      const [problem] = problemsOf(environment({ source }, name));
      assert.match(problem ?? "", /^metadata\.name: got ".*", expected at most 50 lower-case letters, digits and '-'/);
    }
  });

  for (const [spec, problem] of [
    [{ source, ttl: "1w" }, 'spec.ttl: got "1w", expected a time span such as "30m", "72h" or "7d"'],
    [{ source, quota: { cpu: 2 } }, "spec.quota.cpu: got 2, expected text: put it in quotes"],
    [{ source, quota: { pods: 0 } }, "spec.quota.pods: got 0, expected a whole number of at least 1"],
    [
      { source, quota: { memory: "1.5Gi" } },
      'spec.quota.memory: got "1.5Gi", expected whole bytes such as "128Mi", "1Gi" or "500M", "1M" at least',
    ],
    [
      { source, overrides: { services: { Web: {} } } },
      `spec.overrides.services.Web: got "Web", expected a name of at most 52 lower-case letters, digits and '-', starting with a letter and ending with a letter or digit`,
    ],
    [
      { source, overrides: { services: { web: { env: { "9": "x" } } } } },
      `spec.overrides.services.web.env.9: got "9", expected a name of letters, digits and '_', not starting with a digit or '__'`,
    ],
    [
      { source, extendedUntil: "2030-02-30T00:00:00Z" },
      'spec.extendedUntil: got "2030-02-30T00:00:00Z", expected a time in UTC such as "2030-01-31T18:00:00Z"',
    ],
    [
      { source: { ...source, repository: "https://ada:secret@git.example.com/shop" } },
      'spec.source.repository: got "https://***@git.example.com/shop", expected the address of a git repository without credentials, such as "https://git.example.com/team/shop"',
    ],
    [
      { source, owners: "ada" },
      "spec.owners: no such key; allowed here: source, mode, owner, pullRequest, approval, overrides, ttl, extendedUntil, sleep, quota, seed, drift",
    ],
  ] as const) {
    it(`is refused with one line that says what is allowed: ${problem}`, () => {
      assert.deepEqual(problemsOf(environment(spec)), [problem]);
    });
  }

  it("has a limited number of entries in each map", () => {
    const services = Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`s${index}`, {}]));
    const [problem] = problemsOf(environment({ source, overrides: { services } }));
    assert.match(problem ?? "", /^spec\.overrides\.services: .* expected at most 32 entries$/);
  });

  it("may have null where something can be left out, as for the API server", () => {
    const spec = { source: { ...source, commit: null }, mode: null, seed: { testCredentials: null }, quota: null };
    assert.deepEqual(problemsOf(environment(spec)), []);
    assert.deepEqual(problemsOf(environment({ source, unknown: null })).length, 1);
    assert.deepEqual(problemsOf(environment({ source: { ...source, branch: null } })), [
      "spec.source.branch: got nothing, expected text",
    ]);
  });

  it('has no key "__proto__" anywhere', () => {
    const parse = (text: string) => JSON.parse(text) as object;
    assert.match(problemsOf(environment({ source, ...parse("{}") }))[0] ?? "", /^$/);
    const inSpec = parse(`{"source": ${JSON.stringify(source)}, "__proto__": {"mode": "image"}}`);
    assert.match(problemsOf(environment(inSpec))[0] ?? "", /^spec\.__proto__: no such key; allowed here: source, /);
    const env = parse('{"__proto__": "x"}');
    assert.deepEqual(problemsOf(environment({ source, overrides: { services: { web: { env } } } })), [
      `spec.overrides.services.web.env.__proto__: got "__proto__", expected a name of letters, digits and '_', not starting with a digit or '__'`,
    ]);
  });

  it("is no list, text or nothing", () => {
    for (const manifest of [[], "x", null, undefined, 7]) assert.ok(problemsOf(manifest).length > 0);
  });
});

describe("plain quantities", () => {
  for (const kind of Object.keys(PLAIN_QUANTITIES) as QuantityKind[]) {
    it(`are all quantities of ${kind}`, () => {
      fc.assert(
        fc.property(fc.stringMatching(PLAIN_QUANTITIES[kind]), (text) => {
          const value = parseQuantity(text, kind);
          return value !== undefined && (kind === "cpu" || value >= LEAST_BYTES);
        }),
      );
    });
  }

  it("are the spellings that people use", () => {
    for (const text of ["250m", "0.5", "2", "1.25", "0.001", "16"]) assert.match(text, PLAIN_QUANTITIES.cpu);
    for (const text of ["128Mi", "1Gi", "500M", "64000k", "536870912", "20Gi", "1Ti"])
      assert.match(text, PLAIN_QUANTITIES.bytes);
    for (const text of ["0", "0m", "0.0", "00.5", ".5", "1e3", "-1", "0.0005", "1Gi"])
      assert.doesNotMatch(text, PLAIN_QUANTITIES.cpu);
    for (const text of ["0", "0Gi", "1.5Gi", "1gi", "250m", "1e9", "", "Gi", "512", "999k"])
      assert.doesNotMatch(text, PLAIN_QUANTITIES.bytes);
  });
});
