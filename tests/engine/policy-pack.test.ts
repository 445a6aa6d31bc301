import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandResult } from "./checkout.ts";
import { PROJECT } from "./checkout.ts";
import { sharedCheckout } from "./fixtures.ts";
import { runnerOn } from "./runner.ts";
import { smallEnvironment } from "./small-environment.ts";

/** Rules that a spoilt program breaks. */
const BROKEN = [
  "no-secrets-in-the-clear",
  "pinned-images",
  "pod-security-privilege-escalation",
  "service-selects-pods",
] as const;

describe("the policy pack with the real engine", () => {
  let folder: string;
  let pack: string;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    const checkout = sharedCheckout();
    folder = join(checkout.folder, ".terrarium/foreign");
    pack = join(checkout.folder, "policies");
    cpSync(join(PROJECT, "tests/engine/foreign-program"), folder, { recursive: true });
    env = await checkout.environment();
  });

  const pulumi = (...args: string[]): Promise<CommandResult> =>
    sharedCheckout().runWith(env, "pulumi", ["-C", folder, ...args, "--non-interactive", "--color", "never"]);
  const must = async (...args: string[]): Promise<string> => {
    const result = await pulumi(...args);
    assert.equal(result.code, 0, `${args.join(" ")}\n${result.stdout}\n${result.stderr}`);
    return result.stdout;
  };
  const preview = (stack: string, ...args: string[]) =>
    pulumi("preview", "--stack", stack, "--policy-pack", pack, ...args);
  /** Rules of the violations that Pulumi shows, with their level. */
  const violations = ({ stdout }: CommandResult): string[] =>
    [
      ...new Set(
        [...stdout.matchAll(/\[(mandatory|advisory)\] +([\w-]+)/g)].map(([, level, rule]) => `${level} ${rule}`),
      ),
    ].sort();
  const spoil = (stack: string, isSpoilt: boolean) =>
    must("config", "set", "spoilt", String(isSpoilt), "--stack", stack);

  for (const [stack, level] of [
    ["dev", "advisory"],
    ["prod", "mandatory"],
  ] as const) {
    describe(`on somebody else's program, in ${stack}`, () => {
      before(() => must("stack", "init", stack));
      after(() => must("stack", "rm", stack, "--yes"));

      it("has nothing to say of a program that is as it should be, though much is not known yet", async () => {
        await spoil(stack, false);
        const result = await preview(stack);
        assert.equal(result.code, 0, result.stdout + result.stderr);
        assert.deepEqual(violations(result), []);
        assert.doesNotMatch(result.stdout, /can't be known during preview/);
      });

      it(`finds what is wrong, as ${level === "advisory" ? "advice" : "a reason to stop"}`, async () => {
        await spoil(stack, true);
        const result = await preview(stack);
        assert.equal(result.code === 0, level === "advisory", result.stdout);
        const expected: string[] = [...BROKEN, ...(stack === "prod" ? ["replicas-in-production"] : [])];
        assert.deepEqual(violations(result), expected.map((rule) => `${level} ${rule}`).sort());
        assert.match(
          result.stdout,
          /Deployment foreign-\w+\/foreign-\w+: .*containers\[foreign-\w+\]\.image is example\.com\/foreign\. Name a tag/,
        );
        assert.ok(!`${result.stdout}${result.stderr}`.includes("hunter2"), "it repeats a secret");
      });
    });
  }

  describe("with a configuration", () => {
    before(() => must("stack", "init", "configured"));
    after(() => must("stack", "rm", "configured", "--yes"));

    const configured = (config: object): Promise<CommandResult> => {
      const file = join(folder, "policies.json");
      writeFileSync(file, JSON.stringify(config));
      return preview("configured", "--policy-pack-config", file);
    };

    it("has the levels and settings that are given", async () => {
      await spoil("configured", false);
      await must("config", "set", "tier", "prod", "--stack", "configured");
      const result = await configured({
        all: "advisory",
        "replicas-in-production": { minimum: 3, enforcementLevel: "mandatory" },
        "standard-labels": { labels: ["team"] },
        "allowed-registries": { registries: ["registry.example.com"], enforcementLevel: "disabled" },
      });
      assert.notEqual(result.code, 0);
      assert.deepEqual(violations(result), ["advisory standard-labels", "mandatory replicas-in-production"]);
    });

    it("refuses settings that it does not know", async () => {
      const result = await configured({ "replicas-in-production": { minimum: "many" } });
      assert.notEqual(result.code, 0);
      assert.match(result.stdout + result.stderr, /replicas-in-production.*minimum/s);
    });
  });

  it("finds what was changed by hand, after a refresh", async () => {
    await must("stack", "init", "staging");
    await must("up", "--stack", "staging", "--yes", "--skip-preview");
    assert.deepEqual(violations(await preview("staging", "--refresh")), []);
    const place = ["--namespace", "foreign-staging"];
    const patched = await sharedCheckout().run("kubectl", [
      ...["label", "configmap", "foreign-staging", "team=shop"],
      ...place,
    ]);
    assert.equal(patched.code, 0, patched.stderr);
    const result = await preview("staging", "--refresh");
    assert.deepEqual(violations(result), ["mandatory no-changes-outside-the-program"]);
    assert.match(
      result.stdout,
      /ConfigMap foreign-staging\/foreign-staging: .* is kubectl-label: some fields were set by hand/,
    );
    await must("destroy", "--stack", "staging", "--yes", "--skip-preview");
    await must("stack", "rm", "staging", "--yes");
  });

  /** A preview of Terrarium's own program, in dev. */
  const ownPreview = (...args: string[]): Promise<CommandResult> =>
    sharedCheckout().run("pulumi", [
      // Pulumi writes its salt into the stack's file: a copy, as `terrarium up` has it, since other tests use the file.
      ...["preview", "--stack", "dev", "--config-file", ".terrarium/config/Pulumi.dev.yaml"],
      ...["--policy-pack", pack, "--non-interactive", "--color", "never", ...args],
    ]);

  it("lets Terrarium's own program pass, and lists its waivers", async () => {
    const result = await ownPreview();
    assert.equal(result.code, 0, result.stdout + result.stderr);
    assert.deepEqual(violations(result), ["advisory waivers-in-effect"]);
    assert.equal([...result.stdout.matchAll(/ is let off [\w-]+ until 2028-12-31: /g)].length, 5);
  });

  it("reads a configuration as validate reads it", async () => {
    const file = sharedCheckout().write("own-policies.json", {
      all: "disabled",
      "standard-labels": { enforcementLevel: "remediate", labels: ["team"] },
      "allowed-registries": { registries: ["registry.example.com"] },
      "liveness-probe": "advisory",
      "no-secrets-in-the-clear": { enforcementLevel: "advisory" },
      "requests-and-limits": {},
    });
    const expected = violations(await ownPreview("--policy-pack-config", file));
    const { code, stdout } = await sharedCheckout().terrarium([
      ...["validate", "--stack", "dev", "--policy-pack-config", file, "-o", "json"],
    ]);
    const { checks } = JSON.parse(stdout) as {
      checks: { check: string; problems: { message: string; level: string }[] }[];
    };
    const problems = checks.find(({ check }) => check === "policies")?.problems ?? [];
    const found = problems.map(({ message, level }) => `${level} ${message.slice(0, message.indexOf(":"))}`);
    assert.deepEqual([...new Set(found)].sort(), expected);
    assert.deepEqual([expected, code], [["mandatory standard-labels"], 1]);
  });

  it("keeps the platform service from applying what breaks a rule, and has nothing else to say of its environments", async () => {
    const runner = await runnerOn({
      checkout: sharedCheckout().folder,
      data: "policies-platform",
      settings: { policyPacks: [pack] },
    });
    const request = { id: "op-1", kind: "apply", stack: "ruled", namespace: "preview-ruled", refresh: false } as const;
    const description = smallEnvironment("preview-ruled", "latest");
    const outcome = await runner.start({ ...request, description }, () => undefined).done;
    runner.close();
    assert.ok(!outcome.ok, JSON.stringify(outcome));
    assert.equal(outcome.reason, "PolicyViolation", outcome.message);
    const rules = [...outcome.message.matchAll(/(?:^Policies forbid it|;)[: ]+([\w-]+): (\w+)\//g)];
    assert.deepEqual(new Set(rules.map(([, rule]) => rule)), new Set(["pinned-images"]), outcome.message);
  });

  it("is what validate asks, without a cluster", async () => {
    const { checks } = JSON.parse(await sharedCheckout().must(["validate", "--stack", "prod", "-o", "json"])) as {
      checks: { check: string; summary: string; problems: unknown[] }[];
    };
    assert.deepEqual(
      checks.map(({ check }) => check),
      ["configuration", "policies", "schemas", "prometheus"],
    );
    assert.deepEqual(
      checks.flatMap(({ problems }) => problems),
      [],
    );
    assert.match(checks[1]?.summary ?? "", /^\d+ objects: violations 0, advice 0, waivers 5$/);
    assert.match(checks[2]?.summary ?? "", /^\d+ objects: valid \d+, invalid 0$/);
  });
});
