import assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import type { RunCommand } from "../../../clusters/run-command.ts";
import type { KubeObject } from "../../../gitops/kube-object.ts";
import { sealSecret, type SealArgs } from "../../../gitops/sealed-secret.ts";
import { sopsRules, withEncryption } from "../../../gitops/sops.ts";

const secret: KubeObject = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "shop" },
  data: { TOKEN: Buffer.from("hunter2").toString("base64") },
};

let runs = 0;
/** Encrypts as sops does: differently each time. */
function encrypt(_path: string, text: string): Promise<string> {
  runs += 1;
  const object = parse(text) as KubeObject & { data: Record<string, string> };
  const data = Object.fromEntries(Object.keys(object.data).map((key) => [key, `ENC[${runs}]`]));
  return Promise.resolve(stringify({ ...object, data, sops: { version: "3" } }));
}

function seal(more: Partial<SealArgs> = {}): Promise<string> {
  const args = { object: secret, path: "secret-shop.yaml", rules: "rules", fingerprintKey: "key", encrypt };
  return sealSecret({ ...args, ...more });
}

describe("an encrypted Secret", () => {
  it("stays byte for byte while nothing about it has changed", async () => {
    const existing = await seal();
    assert.equal(await seal({ existing }), existing);
  });

  for (const [change, more] of [
    ["a value", { object: { ...secret, data: { TOKEN: "b3RoZXI=" } } }],
    ["a label", { object: { ...secret, metadata: { name: "shop", labels: { a: "b" } } } }],
    ["who may decrypt it", { rules: "other rules" }],
    ["the stack's own secret", { fingerprintKey: "other key" }],
  ] as const) {
    it(`is made anew when ${change} has changed`, async () => {
      const existing = await seal();
      assert.notEqual(await seal({ existing, ...more }), existing);
    });
  }

  it("is made anew when somebody has touched the file", async () => {
    const existing = (await seal()).replace(/ENC\[\d+\]/, "ENC[forged]");
    assert.doesNotMatch(await seal({ existing }), /forged/);
  });

  it("says of its content nothing that can be tried out without the stack's own secret", async () => {
    const [one, other] = [await seal(), await seal({ fingerprintKey: "other" })];
    const print = (text: string) => text.slice(0, text.indexOf("\n"));
    assert.match(print(one), /^# terrarium fingerprint: [0-9a-f]{64}$/);
    assert.notEqual(print(one), print(other));
  });

  for (const [what, result] of [
    ["a value in the clear", { ...secret, sops: {} }],
    ["values under another key", { ...secret, data: {}, stringData: { TOKEN: "hunter2" }, sops: {} }],
    ["no trace of sops", { ...secret, data: { TOKEN: "ENC[1]" } }],
    ["an encrypted kind", { ...secret, kind: "ENC[1]", data: { TOKEN: "ENC[1]" }, sops: {} }],
  ] as const) {
    it(`is refused with ${what}`, async () => {
      const broken = () => Promise.resolve(stringify(result));
      await assert.rejects(seal({ encrypt: broken }), /secret-shop\.yaml: the rules in \.sops\.yaml must encrypt/);
    });
  }
});

describe("encryption with sops", () => {
  it("gets what is secret through a pipe, and none of the user's variables", async () => {
    const calls: { args: readonly string[]; env: object; input?: string }[] = [];
    const run: RunCommand = (_file, args, { env, input }) => {
      calls.push({ args, env, ...(input === undefined ? {} : { input }) });
      return Promise.resolve({ code: 0, stdout: "sealed", stderr: "" });
    };
    const sealed = await withEncryption({ sops: "/bin/sops", rules: "", run }, (seal) =>
      seal("overlays/dev/secret-a.yaml", "TOKEN: hunter2"),
    );
    assert.equal(sealed, "sealed");
    assert.deepEqual(calls[0]?.env, {});
    assert.equal(calls[0]?.input, "TOKEN: hunter2");
    assert.doesNotMatch(calls[0]?.args.join(" ") ?? "", /hunter2/);
  });

  it("fails with the file and what sops said", async () => {
    const run: RunCommand = () => Promise.resolve({ code: 1, stdout: "", stderr: "no matching rule\n" });
    await assert.rejects(
      withEncryption({ sops: "sops", rules: "", run }, (seal) => seal("overlays/dev/secret-a.yaml", "")),
      /overlays\/dev\/secret-a\.yaml cannot be encrypted by the rules in .sops.yaml: no matching rule/,
    );
  });

  it("is for each stack's own keys and for those of all stacks", () => {
    const rules = parse(sopsRules(["dev", "prod"], [{ key: "age1all" }, { key: "age1prod", stack: "prod" }])) as {
      creation_rules: { path_regex: string; age: string; encrypted_regex: string }[];
    };
    assert.deepEqual(
      rules.creation_rules.map(({ age }) => age),
      ["age1all", "age1all,age1prod"],
    );
    const [dev] = rules.creation_rules;
    assert.match("overlays/dev/services/secret-a.yaml", new RegExp(String(dev?.path_regex)));
    assert.doesNotMatch("overlays/prod/services/secret-a.yaml", new RegExp(String(dev?.path_regex)));
  });
});
