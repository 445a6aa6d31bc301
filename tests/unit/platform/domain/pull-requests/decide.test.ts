import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decidePullRequest,
  environmentFor,
  needsApproval,
  type PullRequestSituation,
} from "../../../../../platform/domain/pull-requests/decide.ts";
import { checkManifest, mergePatch, type PreviewEnvironment } from "../../../../../spec/index.ts";
import { commit, environment, NOW, REPOSITORY } from "../situations.ts";
import { about, pull, pullEnvironment, rules } from "./examples.ts";

const approval = { commit: commit(1), by: "grace" };
const going = { deletionTimestamp: NOW.toISOString() };

/** What is done, and why. */
function decided(differing: Partial<PullRequestSituation> = {}): string {
  const { action, why } = decidePullRequest(about(differing));
  return `${action.do}: ${why}`;
}

describe("A pull request", () => {
  it("gets an environment of its newest commit, named after it", () => {
    const { action } = decidePullRequest(about());
    assert.deepEqual(action, {
      do: "create",
      name: "shop-pr-42",
      spec: {
        source: { repository: REPOSITORY, branch: "feature/checkout", commit: commit(1) },
        mode: "image",
        owner: "ada",
        pullRequest: { number: 42, url: "https://github.com/team/shop/pull/42", fork: false },
      },
    });
  });

  it("has its environment follow a push, and changes nothing else of it", () => {
    const edited = pullEnvironment({ spec: { ttl: "9d", overrides: { services: { web: { replicas: 2 } } } } });
    const { action } = decidePullRequest(about({ pull: pull({ commit: commit(2) }), environment: edited }));
    const source = { repository: REPOSITORY, branch: "feature/checkout", commit: commit(2) };
    assert.deepEqual(action, { do: "change", spec: { source } });
  });

  const away: readonly (readonly [string, Partial<PullRequestSituation>, string])[] = [
    ["is closed", { pull: pull({ isOpen: false }) }, "the pull request is closed"],
    ["is a draft", { pull: pull({ isDraft: true }) }, "the pull request is a draft"],
    ["lost its label", { rules: rules({ label: "preview" }) }, "it lacks the label preview"],
    ["is for another branch", { rules: rules({ bases: ["release/*"] }) }, "it is for the branch main"],
    [
      "has a branch that does not count",
      { rules: rules({ branches: ["**", "!feature/**"] }) },
      "its branch is feature/checkout",
    ],
    [
      "changes nothing that counts",
      { rules: rules({ paths: ["apps/**"] }), files: { paths: ["docs/a.md"], isComplete: true } },
      "it changes no file that counts",
    ],
  ];
  for (const [what, situation, why] of away) {
    it(`that ${what} loses its environment, and gets none`, () => {
      assert.equal(decided({ ...situation, environment: pullEnvironment() }), `delete: ${why}`);
      assert.equal(decided(situation), `nothing: ${why}`);
      assert.equal(decided({ ...situation, environment: pullEnvironment({ metadata: going }) }), `nothing: ${why}`);
    });
  }

  it("of a fork gets none where forks are refused", () => {
    assert.equal(decided({ pull: pull({ isFork: true }) }), "nothing: it comes from a fork");
  });

  it("keeps its environment where not all of its files are known", () => {
    const some = { rules: rules({ paths: ["apps/**"] }), files: { paths: ["docs/a.md"], isComplete: false } };
    assert.match(decided({ ...some, environment: pullEnvironment() }), /^nothing/);
    assert.match(decided({ rules: some.rules, environment: pullEnvironment() }), /^nothing/);
  });

  it("that is a draft gets one where the rules say so", () => {
    assert.match(decided({ pull: pull({ isDraft: true }), rules: rules({ drafts: true }) }), /^create/);
  });

  it("that is opened again waits until what it had is gone", () => {
    const { action, isWanted } = decidePullRequest(about({ environment: pullEnvironment({ metadata: going }) }));
    assert.deepEqual([action.do, isWanted], ["nothing", true]);
  });

  it("touches no object that has its name and is not its own", () => {
    for (const other of [
      environment({ name: "shop-pr-42" }),
      pullEnvironment({ spec: { pullRequest: { number: 43 } } }),
      pullEnvironment({ spec: { pullRequest: { number: 42, fork: true } } }),
    ]) {
      assert.match(decided({ environment: other, pull: pull({ isOpen: false }) }), /^nothing: .* not made for this/);
      assert.match(decided({ environment: other }), /^nothing: .* not made for this/);
    }
  });

  it("keeps its environment when environments are to be called otherwise", () => {
    const named = { repository: REPOSITORY, rules: rules({ name: "store" }) };
    assert.equal(environmentFor(42, named, [environment(), pullEnvironment()])?.metadata.name, "shop-pr-42");
  });

  it("from a branch that git can't be asked for is found under its number", () => {
    const { action } = decidePullRequest(about({ pull: pull({ branch: "a b'; rm -rf" }) }));
    assert.equal(action.do === "create" && action.spec.source.branch, "pull/42/head");
  });
});

describe("A fork's pull request", () => {
  const fork = { pull: pull({ isFork: true, branch: "main" }), rules: rules({ forks: "approve" }) };
  const source = { repository: REPOSITORY, branch: "pull/42/head", commit: commit(1) };
  const waiting = pullEnvironment({ spec: { source, pullRequest: { number: 42, fork: true } } });

  it("gets an environment that waits, of the pull request's own branch", () => {
    const { action } = decidePullRequest(about(fork));
    assert.ok(action.do === "create");
    assert.deepEqual([action.spec.pullRequest?.fork, action.spec.approval], [true, undefined]);
    assert.equal(action.spec.source.branch, "pull/42/head");
  });

  it("runs with an approval of its newest commit", () => {
    const { action } = decidePullRequest(about({ ...fork, environment: waiting, approval }));
    assert.deepEqual(action, { do: "change", spec: { approval } });
  });

  it("does not run with one of another commit, nor after a push", () => {
    const pushed = { ...fork, pull: pull({ isFork: true, commit: commit(2) }) };
    const approved = pullEnvironment({ spec: { ...waiting.spec, approval } });
    const { action } = decidePullRequest(about({ ...pushed, environment: approved, approval }));
    assert.deepEqual(action, { do: "change", spec: { source: { ...source, commit: commit(2) } } });
    assert.ok(needsApproval(about({ ...pushed, environment: approved })));
    assert.ok(!needsApproval(about({ ...fork, environment: approved })));
  });
});

describe("An environment whose time to live ended", () => {
  const lastTransitionTime = NOW.toISOString();
  const expired = { type: "Expiring", status: "True", reason: "Expired", message: "", observedGeneration: 1 } as const;
  const over = pullEnvironment({ metadata: going, status: { conditions: [{ ...expired, lastTransitionTime }] } });

  it("does not come back with the same commit", () => {
    const first = decidePullRequest(about({ environment: over }));
    assert.deepEqual([first.action.do, first.expired], ["nothing", commit(1)]);
    const after = decidePullRequest(about({ expired: commit(1) }));
    assert.deepEqual([after.action.do, after.expired], ["nothing", commit(1)]);
  });

  it("comes back with a push, and after the rules have excluded it for a while", () => {
    assert.match(decided({ expired: commit(7) }), /^create/);
    const draft = decidePullRequest(about({ expired: commit(1), pull: pull({ isDraft: true }) }));
    assert.equal(draft.expired, undefined);
  });

  it("is wanted again at once where it was of an older commit", () => {
    assert.ok(decidePullRequest(about({ environment: over, pull: pull({ commit: commit(2) }) })).isWanted);
  });
});

describe("Decisions about pull requests", () => {
  const anySituation = fc
    .record({
      pull: fc.record({
        isOpen: fc.boolean(),
        isDraft: fc.boolean(),
        isFork: fc.boolean(),
        commit: fc.constantFrom(commit(1), commit(2)),
        branch: fc.constantFrom("main", "feature/a", "a b"),
        base: fc.constantFrom("main", "release/1"),
        labels: fc.subarray(["preview", "other"]),
        author: fc.constantFrom("ada", "", "x".repeat(80), "dependabot[bot]"),
      }),
      rules: fc.record(
        {
          label: fc.constant("preview"),
          bases: fc.constantFrom([], ["main"]),
          branches: fc.constantFrom([], ["feature/*"]),
          paths: fc.constantFrom([], ["apps/**"]),
          drafts: fc.boolean(),
          forks: fc.constantFrom("refuse" as const, "approve" as const),
          ttl: fc.constant("72h"),
        },
        { requiredKeys: [] },
      ),
      more: fc.record(
        {
          files: fc.constantFrom({ paths: ["apps/a"], isComplete: true }, { paths: ["b"], isComplete: true }),
          approval: fc.constant(approval),
          expired: fc.constant(commit(1)),
        },
        { requiredKeys: [] },
      ),
    })
    .map((any) => about({ ...any.more, pull: pull(any.pull), rules: rules(any.rules) }));

  /** What the cluster has after a decision was carried out. */
  function after(situation: PullRequestSituation): PreviewEnvironment | undefined {
    const { action } = decidePullRequest(situation);
    const { environment: before } = situation;
    if (action.do === "create") return pullEnvironment({ name: action.name, spec: action.spec });
    if (action.do === "delete") return undefined;
    if (action.do === "change" && before)
      return { ...before, spec: mergePatch(before.spec, action.spec) as PreviewEnvironment["spec"] };
    return before;
  }

  function withEnvironment(situation: PullRequestSituation, found: PreviewEnvironment | undefined) {
    return found ? { ...situation, environment: found } : situation;
  }

  it("need nothing more once they are carried out, from wherever they began", () => {
    fc.assert(
      fc.property(anySituation, anySituation, (first, second) => {
        const next = { ...second, pull: { ...second.pull, isFork: first.pull.isFork } };
        const settled = withEnvironment(next, after(withEnvironment(next, after(first))));
        assert.equal(decidePullRequest(settled).action.do, "nothing");
      }),
    );
  });

  it("end with an environment of the newest commit, or with none, and never with a closed pull request's", () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const found = after(situation);
        if (!situation.pull.isOpen) assert.equal(found, undefined);
        if (found) assert.equal(found.spec.source.commit, situation.pull.commit);
      }),
    );
  });

  it("make only objects that the API server accepts", () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const { action } = decidePullRequest(situation);
        if (action.do !== "create") return;
        const manifest = { apiVersion: "terrarium.dev/v1alpha1", kind: "Environment", metadata: { name: action.name } };
        assert.ok(checkManifest({ ...manifest, spec: action.spec }));
      }),
    );
  });

  it("never let a fork's commit run that was not approved", () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const found = after(situation);
        if (!found?.spec.pullRequest?.fork || found.spec.approval === undefined) return;
        assert.deepEqual(found.spec.approval, situation.approval);
        assert.equal(found.spec.approval.commit, situation.pull.commit);
      }),
    );
  });
});
