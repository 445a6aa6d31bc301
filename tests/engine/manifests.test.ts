import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import {
  createProgress,
  defaultCacheDir,
  ensureToolchain,
  versions,
  type Toolchain,
} from "../../clusters/toolchain/index.ts";
import { COMPLETE, writeCompleteStack } from "./complete-stack.ts";
import { sharedCheckout } from "./fixtures.ts";
import { writeJsonSchemas, type OpenApi } from "../../cli/checks/json-schemas.ts";
import { acceptedOf, outdated, unexplained, type Finding } from "./accepted-findings.ts";
import { score } from "./kube-score.ts";
import { manifestFiles, validate } from "../../cli/checks/kubeconform.ts";

const STACKS = ["dev", "staging", "prod", COMPLETE] as const;

/** What kube-score takes the manifests to be for, e.g. "v1.34". */
const KUBERNETES = `v${versions.kubernetes.split(".").slice(0, 2).join(".")}`;

const ACCEPTED = acceptedOf("kube-score");

/** Where the tools must be built first, as on a new machine. */
const BUILD_TIMEOUT_MS = 1_200_000;

/** A definition with what API servers publish of custom resources beyond plain OpenAPI. */
const CUSTOM: OpenApi["definitions"][string] = {
  "x-kubernetes-group-version-kind": [{ group: "example.com", version: "v1", kind: "Custom" }],
  type: "object",
  properties: {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: { type: "object" },
    portOrName: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] },
    optional: { type: "string", nullable: true },
    required: { type: "string" },
    open: { type: "object", properties: { known: {} }, "x-kubernetes-preserve-unknown-fields": true },
    closed: { type: "object", properties: { known: { type: "string" } } },
    labels: { type: "object", additionalProperties: { type: "string" } },
    embedded: { type: "object", properties: { spec: {} }, "x-kubernetes-embedded-resource": true },
    choice: {
      type: "object",
      properties: { first: { type: "integer" }, second: { type: "integer" } },
      oneOf: [
        { required: ["first"], properties: { first: { minimum: 1 } } },
        { required: ["second"], properties: { second: { minimum: 2 } } },
      ],
    },
  },
};

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

describe("the rendered manifests", () => {
  const files: Record<string, string[]> = {};
  let tools: Toolchain;
  let schemas: string;

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    const checkout = sharedCheckout();
    tools = await ensureToolchain(["kubeconform", "kube-score"], {
      cacheDir: defaultCacheDir(process.env, process.platform, homedir()),
      progress: createProgress(process.stderr),
      env: process.env,
    });
    writeCompleteStack(checkout);
    for (const stack of STACKS) {
      const out = join(checkout.folder, ".terrarium/rendered", stack);
      await checkout.must(["render", "--stack", stack, "--out", out]);
      files[stack] = manifestFiles(out);
      assert.ok(files[stack].length > 70, `only ${files[stack].length} manifests of ${stack}`);
    }
    const openApi = await checkout.run("kubectl", ["get", "--raw", "/openapi/v2"]);
    schemas = join(checkout.folder, ".terrarium/schemas");
    assert.ok(writeJsonSchemas(JSON.parse(openApi.stdout) as OpenApi, schemas) > 100);
  });

  const filesOf = (stack: string): readonly string[] => files[stack] ?? [];
  const manifestsOf = (stack: string): Manifest[] =>
    filesOf(stack).map((file) => parse(readFileSync(file, "utf8")) as Manifest);

  /** A rendered file with one thing changed, in a folder of its own. */
  function changed(stack: string, file: string, from: string, to: string): string {
    const path = filesOf(stack).find((candidate) => candidate.endsWith(`/${file}.yaml`));
    assert.ok(path, `${stack} has no ${file}`);
    const text = readFileSync(path, "utf8");
    assert.ok(text.includes(from), `${file} has no ${from}`);
    const copy = join(dirname(schemas), "changed", `${file}.yaml`);
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, text.replace(from, to));
    return copy;
  }

  for (const stack of STACKS) {
    it(`of ${stack} are valid to kubeconform, strictly and each of them`, async () => {
      const { summary, problems } = await validate(tools.path("kubeconform"), schemas, filesOf(stack));
      assert.deepEqual(problems, []);
      assert.deepEqual(summary, { valid: filesOf(stack).length, invalid: 0, errors: 0, skipped: 0 });
    });
  }

  for (const [file, from, to, problem] of [
    ["deployment-guestbook-mf", "imagePullPolicy:", "imagePulPolicy:", /containers\/0.*'imagePulPolicy' not allowed/],
    ["deployment-guestbook-worker", "replicas: ", "replicas: about ", /'\/spec\/replicas': got string, want .*integer/],
    ["deployment-guestbook-mf", "maxSurge: 1", "maxSurge: true", /maxSurge': got boolean, want .*(string|integer)/],
    ["httproute-guestbook-mf", "backendRefs:", "backendRef:", /rules\/0.*'backendRef' not allowed/],
    ["service-guestbook-mf", "kind: Service", "kind: Servise", /could not find schema for Servise/],
    ["service-guestbook-mf", "spec:", "kind: Service\nspec:", /already (set|defined)/],
  ] as const) {
    it(`are not valid any more with "${to.replaceAll("\n", " ")}" in ${file}`, async () => {
      const { problems } = await validate(tools.path("kubeconform"), schemas, [changed("prod", file, from, to)]);
      assert.equal(problems.length, 1);
      assert.match(String(problems[0]), problem);
    });
  }

  it("are valid with a percentage where a number or a percentage may stand", async () => {
    const file = changed("prod", "deployment-guestbook-mf", "maxSurge: 1", "maxSurge: 25%");
    assert.deepEqual((await validate(tools.path("kubeconform"), schemas, [file])).problems, []);
  });

  for (const [field, value, isValid] of [
    ["portOrName", 80, true],
    ["portOrName", "http", true],
    ["portOrName", true, false],
    ["optional", null, true],
    ["required", null, false],
    ["open", { anything: 1 }, true],
    ["closed", { anything: 1 }, false],
    ["closed", { known: "x" }, true],
    ["labels", { anything: "x" }, true],
    ["labels", { anything: 1 }, false],
    ["embedded", { apiVersion: "v1", kind: "Pod", metadata: {}, spec: {} }, true],
    ["embedded", { apiVersion: "v1", state: {} }, false],
    ["choice", { first: 1 }, true],
    ["choice", { second: 1 }, false],
    ["unheard-of", 1, false],
  ] as const) {
    it(`of a custom resource are ${isValid ? "valid" : "invalid"} with ${field}: ${JSON.stringify(value)}`, async () => {
      const folder = join(dirname(schemas), "custom");
      assert.equal(writeJsonSchemas({ definitions: { "com.example.v1.Custom": CUSTOM } }, folder), 1);
      const file = join(folder, "custom.yaml");
      const metadata = { name: "custom" };
      writeFileSync(file, stringify({ apiVersion: "example.com/v1", kind: "Custom", metadata, [field]: value }));
      const { problems } = await validate(tools.path("kubeconform"), folder, [file]);
      assert.equal(problems.length, isValid ? 0 : 1, problems.join("\n"));
    });
  }

  it("have no critical finding of kube-score that is not explained, and no explanation without a finding", async () => {
    for (const { check, reason } of ACCEPTED) assert.ok(reason.length > 60, `${check} is accepted without a reason`);
    const all: Finding[] = [];
    for (const stack of STACKS) {
      const { objects, critical } = await score(tools.path("kube-score"), KUBERNETES, filesOf(stack));
      assert.ok(objects > 40, `kube-score looked at ${objects} objects of ${stack} only`);
      all.push(...critical);
    }
    const found = { unexplained: unexplained(all, ACCEPTED), outdated: outdated(all, ACCEPTED) };
    assert.deepEqual(found, { unexplained: [], outdated: [] });
  });

  it("get a critical finding that nothing explains when a container may write to its root file system", async () => {
    const file = changed(
      "prod",
      "deployment-guestbook-mf",
      "readOnlyRootFilesystem: true",
      "readOnlyRootFilesystem: false",
    );
    const { critical } = await score(tools.path("kube-score"), KUBERNETES, [file]);
    const expected = "Deployment/guestbook-mf: container-security-context-readonlyrootfilesystem";
    const found = unexplained(critical, ACCEPTED);
    assert.ok(
      found.some((line) => line.startsWith(expected)),
      found.join("\n"),
    );
  });

  for (const stack of STACKS) {
    it(`of ${stack} show nothing secret, nothing of the engine and nothing unknown`, () => {
      for (const manifest of manifestsOf(stack)) {
        const text = stringify(manifest);
        assert.doesNotMatch(
          text,
          /pulumi\.com\/|04da6b54-80e4-46f7-96ec-b56ff0331ba9|4dabf18193072939515e22adb298388d|\[secret\]|output<|\[object|toString/i,
          `${manifest.kind}/${manifest.metadata.name}`,
        );
        if (manifest.kind !== "Secret") continue;
        assert.equal(manifest.data, undefined);
        const values = new Set(Object.values(manifest.stringData ?? {}));
        // Nobody hears of alerts in that stack, so the Secret with the addresses of receivers is empty.
        const isEmpty = stack === COMPLETE && manifest.metadata.name === "alertmanager";
        assert.deepEqual([...values], isEmpty ? [] : ["redacted"], manifest.metadata.name);
        assert.deepEqual(Object.keys(manifest.metadata.annotations ?? {}), ["terrarium.dev/redacted"]);
      }
    });
  }

  it("name in each Secret the keys that it has in the cluster", async () => {
    const { items } = await sharedCheckout().kubectl<{ items: Manifest[] }>([
      "get",
      "secrets",
      "--namespace",
      "guestbook-dev",
    ]);
    assert.ok(items.length >= 7, `only ${items.length} Secrets in the cluster`);
    assert.deepEqual(keysByName(manifestsOf("dev").filter(({ kind }) => kind === "Secret")), keysByName(items));
  });

  it("name a key that a service takes from the configuration, and hide its value", async () => {
    const checkout = sharedCheckout();
    const value = "s3cr3t-to-be-hidden-0123456789";
    checkout.writeStack("sealed", "dev", () => undefined);
    // The stack must exist before a value can be encrypted for it.
    await checkout.must(["preview", "--stack", "sealed"]);
    const path = "secretValues.api-token";
    const set = await checkout.run("pulumi", ["config", "set", "--stack", "sealed", "--secret", "--path", path, value]);
    assert.equal(set.code, 0, set.stderr);
    checkout.editStack("sealed", (config) => {
      config["terrarium:services"] = { "guestbook-worker": { secrets: { API_TOKEN: { config: "api-token" } } } };
    });
    const out = join(checkout.folder, ".terrarium/rendered/sealed");
    await checkout.must(["render", "--stack", "sealed", "--out", out]);
    const texts = new Map(manifestFiles(out).map((file) => [file, readFileSync(file, "utf8")]));
    for (const [file, text] of texts) {
      assert.ok(!text.includes(value) && !text.includes(Buffer.from(value).toString("base64")), file);
    }
    const secret = [...texts].find(([file]) => file.endsWith("/secret-guestbook-worker.yaml"))?.[1];
    assert.match(String(secret), /^ {2}API_TOKEN: redacted$/m);
    await checkout.must(["down", "--stack", "sealed"]);
  });
});

function keysByName(secrets: readonly Manifest[]): Record<string, string[]> {
  return Object.fromEntries(
    secrets
      .map(({ metadata, data, stringData }) => [metadata.name, Object.keys({ ...data, ...stringData }).sort()] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
