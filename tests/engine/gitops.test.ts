import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { writeJsonSchemas, type OpenApi } from "../../cli/checks/json-schemas.ts";
import { validate } from "../../cli/checks/kubeconform.ts";
import { sharedCheckout } from "./fixtures.ts";
import { BUILD_TIMEOUT_MS, GitOpsExport } from "./gitops-export.ts";
import { type Manifest, sorted, withoutEngineAnnotations, withoutValues } from "./manifest-lists.ts";

const STACKS = ["dev", "staging", "prod"] as const;

/** A resource as the engine's state has it. */
interface StateResource {
  readonly type: string;
  readonly inputs?: unknown;
}

describe("an export for GitOps", function () {
  // Each export runs the program once for every stack.
  this.timeout(600_000);
  let exported: GitOpsExport;
  let temporary: string;
  let messages: string;

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    exported = await GitOpsExport.create("gitops", ["kubeconform"]);
    temporary = join(sharedCheckout().folder, ".terrarium/gitops-temporary");
    mkdirSync(temporary);
    const { stdout, stderr } = await exported.write(STACKS, [], { TMPDIR: temporary });
    messages = stdout + stderr;
  });

  it("has the same bytes when it is made again", async () => {
    const before = exported.digest();
    assert.match((await exported.write(STACKS)).stderr, /: 0 files written, 0 removed/);
    assert.equal(exported.digest(), before);
  });

  for (const stack of STACKS) {
    it(`builds for ${stack} to what the engine would send, as far as a preview knows it`, async () => {
      const rendered = join(sharedCheckout().folder, ".terrarium/rendered-for-gitops", stack);
      await sharedCheckout().must(["render", "--stack", stack, "--out", rendered]);
      const { resources } = parse(readFileSync(join(rendered, "kustomization.yaml"), "utf8")) as {
        resources: string[];
      };
      const expected = resources.map((file) => parse(readFileSync(join(rendered, file), "utf8")) as Manifest);
      const known = (manifests: readonly Manifest[]) => withoutNothings(withoutValues(manifests));
      assert.deepEqual(known(await exported.build(`overlays/${stack}`)), known(expected));
    });
  }

  it("has in the Secrets of dev the values that `up` gave them", async () => {
    const secrets = (await exported.decrypted("overlays/dev")).filter(({ kind }) => kind === "Secret");
    const live = await sharedCheckout().kubectl<{ items: Manifest[] }>(["get", "secrets", "-n", "guestbook-dev"]);
    const values = (items: readonly Manifest[]) => sorted(items).map(({ metadata, data }) => [metadata.name, data]);
    assert.ok(secrets.length >= 7, `only ${secrets.length} Secrets`);
    assert.deepEqual(
      values(secrets),
      values(live.items.map((secret) => ({ ...secret, apiVersion: "v1", kind: "Secret" }))),
    );
  });

  it("is for dev, with what its cluster says about itself, exactly what `up` has applied", async () => {
    const withFacts = await GitOpsExport.create("gitops-with-facts");
    await withFacts.write(["dev"], ["--cluster-facts"]);
    const state = await sharedCheckout().run("pulumi", ["stack", "export", "--show-secrets", "--stack", "dev"]);
    const { deployment } = JSON.parse(state.stdout) as { deployment: { resources: StateResource[] } };
    const applied = deployment.resources
      .filter(({ type }) => type.startsWith("kubernetes:"))
      .map(({ inputs }) => opened(inputs) as Manifest);
    assert.deepEqual(sorted(await withFacts.decrypted("overlays/dev")), withoutEngineAnnotations(applied));
  });

  it("shows none of the secret values in any file, message or leftover among temporary files", async () => {
    const values: string[] = [];
    for (const stack of STACKS) {
      const secrets = (await exported.decrypted(`overlays/${stack}`)).filter(({ kind }) => kind === "Secret");
      const found = secrets.flatMap(({ data }) => Object.values(data ?? {})).filter((value) => value.length >= 20);
      assert.ok(found.length >= 8, `only ${found.length} secret values of ${stack}`);
      values.push(...found);
    }
    const forms = values.flatMap((value) => {
      const text = Buffer.from(value, "base64").toString();
      const bytes = /^([0-9a-f]{2})+$/.test(text) ? [Buffer.from(text, "hex").toString("base64")] : [];
      return [value, text, ...bytes];
    });
    assert.deepEqual(readdirSync(temporary, { recursive: true }), []);
    for (const file of exported.files()) {
      const text = exported.text(file);
      assert.ok(!forms.some((form) => text.includes(form)), `a secret value stands in ${file}`);
    }
    assert.ok(!forms.some((form) => messages.includes(form)), "a secret value was said");
  });

  it("is valid to kubeconform, strictly, when it is built and decrypted", async () => {
    const folder = join(sharedCheckout().folder, ".terrarium/gitops-schemas");
    const openApi = await sharedCheckout().run("kubectl", ["get", "--raw", "/openapi/v2"]);
    writeJsonSchemas(JSON.parse(openApi.stdout) as OpenApi, folder);
    const paths: string[] = [];
    for (const stack of STACKS) {
      for (const [index, manifest] of (await exported.decrypted(`overlays/${stack}`)).entries()) {
        const path = join(folder, "manifests", stack, `${index}.yaml`);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, stringify({ ...manifest, ...(manifest.kind === "Secret" ? { data: {} } : {}) }));
        paths.push(path);
      }
    }
    const { summary, problems } = await validate(exported.tools.path("kubeconform"), folder, paths);
    assert.deepEqual(problems, []);
    assert.deepEqual(summary, { valid: paths.length, invalid: 0, errors: 0, skipped: 0 });
  });

  for (const [what, args, message] of [
    ["without anybody who could decrypt", ["--out", "fresh"], /\.sops\.yaml is not there to say who may decrypt/],
    [
      "with nobody for one stack",
      ["--out", "fresh", "--recipient", "dev=KEY"],
      /Nobody could decrypt the Secrets of staging/,
    ],
    [
      "with a private key for a public one",
      ["--out", "fresh", "--recipient", "AGE-SECRET-KEY-1X"],
      /Allowed is a public key/,
    ],
    ["into somebody else's files", ["--out", "."], /has .*, which `terrarium gitops` did not write/],
  ] as const) {
    it(`is refused ${what}, before anything is written`, async () => {
      const folder = join(sharedCheckout().folder, ".terrarium/refused");
      mkdirSync(join(folder, "base"), { recursive: true });
      const places: Readonly<Record<string, string>> = { fresh: join(folder, "fresh"), ".": folder };
      const resolved = args.map((arg) => places[arg] ?? arg.replace(/KEY$/, exported.recipient));
      const result = await sharedCheckout().terrarium(["gitops", ...resolved]);
      assert.equal(result.code, 2, result.stderr);
      assert.match(result.stderr, message);
      assert.deepEqual(readdirSync(folder), ["base"]);
    });
  }
});

/** Without what means nothing, and without checksums of secret values, which a preview does not know. */
function withoutNothings(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothings);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(
    ([name, inner]) =>
      name !== "checksum/secret" &&
      !(Array.isArray(inner) && inner.length === 0) &&
      !(name === "initialDelaySeconds" && inner === 0) &&
      !(name === "value" && inner === ""),
  );
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutNothings(inner)]));
}

/** Inputs with the engine's envelopes around secrets opened, and without its own keys. */
function opened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== "object" || value === null) return value;
  if ("plaintext" in value) return opened(JSON.parse(String(value.plaintext)));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !name.startsWith("__"))
      .map(([name, inner]) => [name, opened(inner)]),
  );
}
