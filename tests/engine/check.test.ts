import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckReport } from "../../cli/check/report.ts";
import { resolveStack } from "../../cli/stack-validation.ts";
import { estimateCapacity } from "../../spec/index.ts";
import { check, CHECK_CASES, commitEverything, examplePath, toExample } from "./check-cases.ts";
import { Checkout, PROJECT } from "./checkout.ts";
import { sharedCheckout } from "./fixtures.ts";

describe("terrarium check, on the real engine and without a cluster", () => {
  let checkout: Checkout;

  beforeEach(async () => {
    checkout = await Checkout.create();
    commitEverything(checkout);
  });

  afterEach(() => {
    checkout.remove();
  });

  const report = async (...stacks: string[]): Promise<CheckReport> =>
    JSON.parse((await check(checkout, stacks, "-o", "json")).stdout) as CheckReport;

  for (const example of CHECK_CASES) {
    it(`says of a ${example.name.replaceAll("-", " ")} what the documentation shows`, async () => {
      example.change(checkout);
      const { code, stdout, stderr } = await check(checkout, example.stacks);
      assert.equal(code, example.exitCode, stderr);
      const expected = readFileSync(examplePath(PROJECT, example), "utf8");
      assert.equal(toExample(example, stdout), expected, "run `npm run check-examples`");
    });
  }

  it("finds nothing where nothing changes, and knows what is reserved as the estimate from the configuration does", async () => {
    for (const { stack, changes, policies, connections, capacity } of (await report("dev", "prod")).stacks) {
      assert.deepEqual(changes, []);
      assert.deepEqual(policies?.violations, []);
      assert.deepEqual(connections, { opened: [], closed: [] });
      assert.deepEqual(capacity?.after, estimateCapacity(resolveStack(checkout.folder, stack)));
    }
    assert.equal((await check(checkout, ["dev"])).code, 0);
  });

  it("sees what policies forbid, and that the change brings it in", async () => {
    checkout.editStack("staging", (config) => {
      config["terrarium:services"] = {
        "guestbook-worker": { env: { API_BASE: "https://user:Ew9xT7bLm2Rw@example.com" } },
      };
    });
    const { code, stdout } = await check(checkout, ["staging"]);
    assert.equal(code, 4, stdout);
    assert.match(stdout, /- `no-secrets-in-the-clear`: ConfigMap guestbook-staging\/guestbook-worker/);
    assert.ok(!stdout.includes("Ew9xT7bLm2Rw"), stdout);
  });

  it("asks the policies with the levels and settings that are given, and refuses a file that is wrong", async () => {
    const judged = async (configuration: object) => {
      writeFileSync(join(checkout.folder, "policies.json"), JSON.stringify(configuration));
      return check(checkout, ["staging"], "--policy-pack-config", "policies.json", "-o", "json");
    };
    const registries = { registries: ["registry.example.com"] };
    const { code, stdout } = await judged({
      all: "disabled",
      "allowed-registries": { enforcementLevel: "mandatory", ...registries },
    });
    assert.equal(code, 4, stdout);
    const violations = (JSON.parse(stdout) as CheckReport).stacks[0]?.policies?.violations ?? [];
    assert.deepEqual(
      new Set(violations.map(({ rule, level, isNew }) => `${level} ${rule} ${isNew}`)),
      new Set(["mandatory allowed-registries false"]),
    );
    const wrong = await judged({ "allowed-registry": registries });
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /--policy-pack-config policies\.json: there is no rule "allowed-registry"/);
  });

  it("needs no passphrase for encrypted values, shows none, and tells a changed one from one that stays", async () => {
    const encrypted = (path: string, ...values: string[]) => {
      const secrets = values.map((value, index) => `    token-${index}: { secure: "${value}" }\n`).join("");
      const text = readFileSync(join(checkout.folder, "Pulumi.dev.yaml"), "utf8").replace(/^encryptionsalt.*\n/, "");
      const rest = text.replace(/ {2}terrarium:services[^]*$/, "");
      const uses = `  terrarium:services:\n    guestbook-worker:\n      secrets: { A: { config: token-0 }, B: { config: token-1 } }\n`;
      writeFileSync(path, `encryptionsalt: v1:someone:elses\n${rest}${uses}  terrarium:secretValues:\n${secrets}`);
    };
    const file = join(checkout.folder, "Pulumi.dev.yaml");
    encrypted(file, "v1:one:cipher", "v1:two:cipher");
    commitEverything(checkout);
    assert.deepEqual((await report("dev")).verdict, "nothing");
    encrypted(file, "v1:one:cipher", "v1:three:cipher");
    const { code, stdout } = await check(checkout, ["dev"]);
    assert.equal(code, 3, stdout);
    assert.match(stdout, /- `Secret guestbook-dev\/guestbook-worker`\n\n {2}```diff\n {2}@ \w+[^]*?\(secret\)/);
    assert.doesNotMatch(stdout, /cipher/);
    assert.doesNotMatch(stdout, /[0-9a-f]{40}/);
  });

  it("tells of new stacks, of stacks whose file is gone, and of a program that fails", async () => {
    checkout.writeStack("extra", "dev", () => undefined);
    checkout.editStack("staging", (config) => {
      config["terrarium:services"] = { "guestbook-worker": { replicas: -1 } };
    });
    const { stacks, verdict } = await report("extra", "staging");
    assert.equal(verdict, "errors");
    assert.ok(stacks[0]?.changes.every(({ action }) => action === "create"));
    assert.match(stacks[1]?.errors[0] ?? "", /services\.guestbook-worker\.replicas: got -1/);
  });

  it("leaves nothing behind: no file, no state, no mark in the repository", async () => {
    const temporary = join(checkout.folder, ".terrarium/temporary");
    mkdirSync(temporary, { recursive: true });
    const git = async () => (await checkout.runWith({}, "git", ["status", "--porcelain", "--branch"])).stdout;
    const before = await git();
    const env = { TMPDIR: temporary, KUBECONFIG: "/nowhere" };
    const options = ["check", "--base", "main", "--stack", "dev", "--out", "report.md", "report.json"];
    const { code, stderr } = await checkout.terrarium(options, env);
    assert.equal(code, 0, stderr);
    assert.deepEqual(readdirSync(temporary), []);
    assert.deepEqual(readdirSync(join(checkout.folder, ".terrarium")), ["temporary"]);
    assert.equal(await git(), `${before}?? report.json\n?? report.md\n`);
    assert.equal(
      (JSON.parse(readFileSync(join(checkout.folder, "report.json"), "utf8")) as CheckReport).verdict,
      "nothing",
    );
    assert.match(readFileSync(join(checkout.folder, "report.md"), "utf8"), /^<!-- terrarium-check -->/);
  });
});

describe("terrarium check --deployed", () => {
  it("compares with what runs, and says of what does not that it does not", async () => {
    const checkout = sharedCheckout();
    const { code, stdout, stderr } = await checkout.terrarium([
      "check",
      "--deployed",
      "--stack",
      "dev",
      "staging",
      "-o",
      "json",
    ]);
    assert.equal(code, 1, stderr);
    const { stacks, comparedWith } = JSON.parse(stdout) as CheckReport;
    assert.equal(comparedWith, "what is deployed");
    assert.deepEqual(stacks[0]?.errors, []);
    assert.deepEqual(stacks[0]?.changes, []);
    assert.match(stacks[1]?.errors[0] ?? "", /It is not deployed/);
  });

  it("says first which protected data would be deleted, all of it, though the engine refuses it, and has an exit code for it", async () => {
    const checkout = sharedCheckout();
    const guard = (dataStores: object) => {
      checkout.writeStack("guarded", "dev", (config) => {
        config["terrarium:dataStores"] = dataStores;
      });
    };
    const claim = async () =>
      (await checkout.kubectl<{ metadata: { uid: string } }>(["get", "pvc", "archive-data", "-n", "guestbook-guarded"]))
        .metadata.uid;
    const store = { engine: "redis", deletion: "protect" };
    guard({ archive: store, ledger: store });
    await checkout.must(["up", "--stack", "guarded"]);
    const before = await claim();
    guard({});
    const path = join(checkout.folder, ".terrarium/deployed.json");
    const args = ["check", "--deployed", "--stack", "guarded", "--out", path];
    const { code, stdout, stderr } = await checkout.terrarium(args);
    assert.equal(code, 5, stdout + stderr);
    const [title, , quote] = stdout.split("\n\n").slice(1);
    assert.equal(title, "## Terrarium: data would be lost");
    assert.match(
      quote ?? "",
      /^> \[!CAUTION\]\n> \*\*Data would be lost in guarded\.\*\*\n>\n> - `PersistentVolumeClaim guestbook-guarded\/archive-data` is deleted: what is stored in its volume is lost\. It is protected[^\n]*\n> - `PersistentVolumeClaim guestbook-guarded\/ledger-data` is deleted: what is stored in its volume is lost\. It is protected/,
    );
    const { verdict, stacks } = JSON.parse(readFileSync(path, "utf8")) as CheckReport;
    assert.equal(verdict, "data-loss");
    assert.deepEqual(
      stacks[0]?.dataLoss.map(({ object, isProtected }) => [object, isProtected]),
      [
        ["PersistentVolumeClaim guestbook-guarded/archive-data", true],
        ["PersistentVolumeClaim guestbook-guarded/ledger-data", true],
        // Nothing in it is protected any more.
        ["Namespace guestbook-guarded", false],
      ],
    );
    assert.equal(await claim(), before, "a check changes nothing");
    await checkout.must(["down", "--stack", "guarded", "--delete-data"]);
  });

  it("is what a saved plan then does, and nothing beyond it", async () => {
    const checkout = sharedCheckout();
    const replicas = (count: number) => {
      checkout.writeStack("planned", "dev", (config) => {
        config["terrarium:services"] = { "guestbook-worker": { replicas: count } };
      });
    };
    replicas(1);
    await checkout.must(["up", "--stack", "planned"]);
    replicas(2);
    const plan = join(checkout.folder, ".terrarium/plan.json");
    await checkout.must(["preview", "--stack", "planned", "--save-plan", plan]);
    replicas(3);
    const other = await checkout.terrarium(["up", "--stack", "planned", "--plan", plan]);
    assert.notEqual(other.code, 0, "it does something else than the plan");
    assert.match(other.stderr, /violates plan/);
    replicas(2);
    await checkout.must(["up", "--stack", "planned", "--plan", plan]);
    const missing = await checkout.terrarium(["up", "--stack", "planned", "--plan", "nowhere.json"]);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /--plan nowhere\.json: there is no such file/);
    await checkout.must(["down", "--stack", "planned"]);
  });
});
