import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { configChecksum, secretChecksum } from "../../../components/checksum.ts";
import { record, valueOf } from "../mocks.ts";

async function secretDigest(data: Readonly<Record<string, pulumi.Input<string>>>, key: pulumi.Input<string>) {
  const { result } = await record(() => secretChecksum(data, key)["checksum/secret"]);
  assert.ok(result);
  return { digest: await valueOf(result), secret: await pulumi.isSecret(result) };
}

describe("A checksum", () => {
  it("is the same for the same entries in any order", () => {
    const entries = fc.uniqueArray(fc.tuple(fc.string(), fc.string()), { selector: ([key]) => key });
    fc.assert(
      fc.property(entries, (list) => {
        assert.deepEqual(
          configChecksum(Object.fromEntries(list)),
          configChecksum(Object.fromEntries([...list].reverse())),
        );
      }),
    );
  });

  it("differs where any entry differs", () => {
    const entries = fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true });
    fc.assert(
      fc.property(entries, entries, (a, b) => {
        const same = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
        assert.equal(configChecksum(a)["checksum/config"] === configChecksum(b)["checksum/config"], same);
      }),
    );
  });

  it("of secrets isn't a secret itself, else the whole pod would be hidden in every diff", async () => {
    const { digest, secret } = await secretDigest({ A: pulumi.secret("s3cret") }, pulumi.secret("key"));
    assert.equal(secret, false);
    assert.match(digest, /^[0-9a-f]{64}$/);
  });

  it("of secrets isn't the plain digest of the values", async () => {
    const { digest } = await secretDigest({ A: "s3cret" }, "key");
    assert.notEqual(digest, configChecksum({ A: "s3cret" })["checksum/config"]);
    assert.notEqual(digest, (await secretDigest({ A: "s3cret" }, "other key")).digest);
    assert.notEqual(digest, (await secretDigest({ A: "other" }, "key")).digest);
  });
});
