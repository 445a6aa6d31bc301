import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { sharedCheckout } from "./fixtures.ts";

interface Secret {
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
}

describe("secrets", () => {
  it("stand in no file of the checkout, no output and no object but a Secret", async () => {
    const checkout = sharedCheckout();
    const value = "s3cr3t-from-config-0123456789";
    checkout.writeStack("secrets", "dev", (config) => {
      config["terrarium:services"] = { "guestbook-worker": { secrets: { API_TOKEN: { config: "api-token" } } } };
    });
    // The stack must exist before a value can be encrypted for it.
    const early = await checkout.terrarium(["up", "--stack", "secrets"]);
    assert.equal(early.code, 2, "a reference to a value that is not set is refused");
    assert.match(
      early.stderr,
      /services\.guestbook-worker\.secrets\.API_TOKEN\.config: got "api-token", expected a key of secretValues/,
    );
    checkout.writeStack("secrets", "dev", () => undefined);
    await checkout.must(["up", "--stack", "secrets"]);
    const setValue = async (text: string) => {
      const options = ["--stack", "secrets", "--secret", "--path", "secretValues.api-token", text];
      const set = await checkout.run("pulumi", ["config", "set", ...options]);
      assert.equal(set.code, 0, set.stderr);
    };
    await setValue(value);
    checkout.editStack("secrets", (config) => {
      config["terrarium:services"] = { "guestbook-worker": { secrets: { API_TOKEN: { config: "api-token" } } } };
    });
    const temporary = join(checkout.folder, ".terrarium/temporary");
    mkdirSync(temporary);
    const up = await checkout.terrarium(["up", "--stack", "secrets"], { TMPDIR: temporary });
    assert.equal(up.code, 0, up.stderr);
    assert.deepEqual(readdirSync(temporary), [], "files with secrets may be left among temporary ones");

    const { items } = await checkout.kubectl<{ items: Secret[] }>([
      "get",
      "secrets",
      "--namespace",
      "guestbook-secrets",
    ]);
    const values = items
      .flatMap(({ data }) => Object.values(data ?? {}))
      .map((text) => Buffer.from(text, "base64").toString());
    assert.ok(values.includes(value), "the service has the value in its Secret");
    const short = values.filter((text) => text.length >= 16 && !text.includes("\n"));
    assert.ok(short.length >= 8, `only ${short.length} secret values found`);

    const status = await checkout.must(["status", "--stack", "secrets", "-o", "json"]);
    const outputs = await checkout.run("pulumi", ["stack", "output", "--json", "--stack", "secrets"]);
    const objects = await checkout.run("kubectl", [
      "get",
      "all,configmaps,networkpolicies,cronjobs,events",
      "--all-namespaces",
      "-o",
      "yaml",
    ]);
    const rotated = "an0ther-from-config-9876543210";
    await setValue(rotated);
    const check = await checkout.terrarium([
      ...["check", "--deployed", "--stack", "secrets", "--out", "report.md", "report.json"],
    ]);
    assert.equal(check.code, 3, check.stdout + check.stderr);
    assert.match(check.stdout, /`Secret guestbook-secrets\/guestbook-worker`/);
    const preview = await checkout.must(["preview", "--stack", "secrets", "--diff", "--save-plan", "plan.json"]);
    const places = {
      "report of a check": check.stdout + check.stderr,
      preview,
      "output of up": up.stdout + up.stderr,
      status,
      "stack outputs": outputs.stdout,
      "other objects": objects.stdout,
    };
    for (const secret of [...short, rotated]) {
      for (const [place, text] of Object.entries(places))
        assert.ok(!text.includes(secret), `a secret value stands in the ${place}`);
      const writings = writingsOf(secret);
      for (const file of filesBelow(checkout.folder)) {
        const text = readFileSync(file, "utf8");
        assert.ok(!writings.some((writing) => text.includes(writing)), `a secret value stands in ${file}`);
      }
    }
    await checkout.must(["down", "--stack", "secrets"]);
  });
});

/** A value as it may stand in a file: as text, encoded, and as the bytes that its digits are. */
function writingsOf(secret: string): string[] {
  const bytes = [Buffer.from(secret), ...(/^([0-9a-f]{2})+$/.test(secret) ? [Buffer.from(secret, "hex")] : [])];
  const encoded = bytes.flatMap((each) => [each.toString("base64"), each.toString("base64url"), each.toString("hex")]);
  return [secret, ...encoded];
}

/** Every file of the checkout but its cluster's own database, which holds Secrets as any etcd does. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink() || entry.name === "kwok") return [];
    if (entry.isDirectory()) return filesBelow(path);
    return statSync(path).size < 64 * 2 ** 20 ? [path] : [];
  });
}
