import assert from "node:assert/strict";
import fc from "fast-check";
import { admit } from "../../../../platform/domain/admission.ts";
import { ADMITTED, rejected } from "../../../../platform/domain/messages.ts";
import { withCondition } from "../../../../platform/domain/conditions.ts";
import type { Caps } from "../../../../platform/domain/decide.ts";
import type { PreviewEnvironment } from "../../../../spec/index.ts";
import { after, commit, environment, NOW, settings } from "./situations.ts";

interface Given {
  readonly name: string;
  readonly repository?: string;
  readonly owner?: string;
  readonly age?: number;
  readonly is?: "admitted" | "rejected" | "deleted";
}

function given({ name, repository = "shop", owner, age = 0, is }: Given): PreviewEnvironment {
  const made = environment({
    name,
    metadata: {
      creationTimestamp: after(-age).toISOString(),
      ...(is === "deleted" ? { deletionTimestamp: NOW.toISOString() } : {}),
    },
    spec: {
      source: { repository: `https://git.example.com/team/${repository}`, branch: "main", commit: commit(1) },
      ...(owner === undefined ? {} : { owner }),
    },
  });
  const report = is === "admitted" ? ADMITTED : rejected({ ok: false, reason: "InvalidSpec", message: "" });
  if (is !== "admitted" && is !== "rejected") return made;
  return { ...made, status: withCondition({}, report, { environment: made, now: NOW }) };
}

/** What is said of each environment: "in", or the cap that it waits for with its place in that line. */
function verdicts(caps: Caps, ...environments: Given[]): Record<string, string> {
  const found = admit(environments.map(given), { caps, repositories: settings().repositories });
  return Object.fromEntries(
    [...found].map(([name, verdict]) => [name, verdict.admitted ? "in" : `${verdict.reason} ${verdict.position}`]),
  );
}

describe("The admission queue", () => {
  it("lets everybody in where there are no caps", () => {
    assert.deepEqual(verdicts({}, { name: "a" }, { name: "b", owner: "ann" }), { a: "in", b: "in" });
  });

  it("serves the oldest first, and by name those of the same second", () => {
    const caps = { global: 1 };
    assert.deepEqual(verdicts(caps, { name: "young", age: 1 }, { name: "old", age: 9 }), {
      old: "in",
      young: "GlobalCap 1",
    });
    assert.deepEqual(verdicts(caps, { name: "b" }, { name: "a" }, { name: "c" }), {
      a: "in",
      b: "GlobalCap 1",
      c: "GlobalCap 2",
    });
  });

  it("never takes a place from who has it, even where caps were lowered", () => {
    const environments: Given[] = [
      { name: "a", is: "admitted" },
      { name: "b", is: "admitted" },
      { name: "older", age: 99 },
    ];
    assert.deepEqual(verdicts({ global: 1 }, ...environments), { a: "in", b: "in", older: "GlobalCap 1" });
  });

  it("lets pass who is held up by the cap of another repository or user", () => {
    const environments: Given[] = [
      { name: "a", repository: "shop", owner: "ann", age: 9 },
      { name: "b", repository: "shop", owner: "bob", age: 8 },
      { name: "c", repository: "blog", owner: "ann", age: 7 },
      { name: "d", repository: "blog", owner: "bob", age: 6 },
      { name: "e", repository: "wiki", age: 5 },
    ];
    assert.deepEqual(verdicts({ perRepository: 1, perUser: 1, global: 3 }, ...environments), {
      a: "in",
      b: "RepositoryCap 1",
      c: "UserCap 1",
      d: "in",
      e: "in",
    });
  });

  it("names the narrowest cap, and counts places in the line of that cap alone", () => {
    const environments: Given[] = [
      { name: "a", repository: "shop", is: "admitted" },
      { name: "b", repository: "shop", age: 9 },
      { name: "c", repository: "blog", age: 8 },
      { name: "d", repository: "shop", age: 7 },
      { name: "e", repository: "blog", age: 6 },
      { name: "f", repository: "wiki", age: 5 },
    ];
    assert.deepEqual(verdicts({ perRepository: 1, global: 1 }, ...environments), {
      a: "in",
      b: "RepositoryCap 1",
      d: "RepositoryCap 2",
      c: "GlobalCap 1",
      e: "RepositoryCap 1",
      f: "GlobalCap 2",
    });
  });

  it("gives a repository the cap of its own, however its address is spelt", () => {
    const two = [given({ name: "a" }), given({ name: "b", repository: "shop.git" })];
    const [repository] = Object.entries(settings().repositories).map(([key, known]) => ({
      [key]: { ...known, cap: 1 },
    }));
    const found = admit(two, { caps: { perRepository: 5 }, repositories: repository ?? {} });
    assert.deepEqual(found.get("b"), { admitted: false, reason: "RepositoryCap", position: 1 });
  });

  it("counts who has no owner for no user", () => {
    assert.deepEqual(verdicts({ perUser: 1 }, { name: "a" }, { name: "b" }), { a: "in", b: "in" });
  });

  it("keeps no place for what is being deleted before it had one, or can't be carried out", () => {
    const environments: Given[] = [
      { name: "a", age: 9, is: "deleted" },
      { name: "b", age: 8, is: "rejected" },
      { name: "c", age: 7 },
      { name: "d", age: 6 },
    ];
    assert.deepEqual(verdicts({ global: 1 }, ...environments), { a: "in", b: "in", c: "in", d: "GlobalCap 1" });
  });

  it("exceeds no cap, leaves no place empty that somebody could have, and doesn't depend on the order of its input", () => {
    const made = fc.uniqueArray(
      fc.record({
        name: fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("a", "b", "c") }),
        repository: fc.constantFrom("shop", "blog"),
        owner: fc.constantFrom("ann", "bob", undefined),
        age: fc.nat(3),
      }),
      { selector: ({ name }) => name, maxLength: 12 },
    );
    const cap = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
    const caps = fc.record({ global: cap, perRepository: cap, perUser: cap });
    fc.assert(
      fc.property(made, caps, (environments, { global = Infinity, perRepository = Infinity, perUser = Infinity }) => {
        const limits = { global, perRepository, perUser };
        const found = verdicts(limits, ...environments);
        const inside = environments.filter(({ name }) => found[name] === "in");
        const fits = (all: readonly Given[]): boolean =>
          all.length <= global &&
          ["shop", "blog"].every(
            (each) => all.filter(({ repository }) => repository === each).length <= perRepository,
          ) &&
          ["ann", "bob"].every((each) => all.filter(({ owner }) => owner === each).length <= perUser);
        assert.ok(fits(inside), "a cap is exceeded");
        for (const outside of environments.filter((each) => !inside.includes(each))) {
          assert.ok(!fits([...inside, outside]), `${outside.name} waits for nothing`);
        }
        assert.deepEqual(verdicts(limits, ...environments.toReversed()), found);
      }),
    );
  });
});
