import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { createPassword } from "../../../components/password.ts";
import { generatedPassword, record, valueOf } from "../mocks.ts";

describe("A password", () => {
  for (const length of [16, 25, 32, 128]) {
    it(`has as many hexadecimal digits as it is told: ${length}`, async () => {
      const { result, recording } = await record(() => createPassword("db-password", length, {}));
      assert.equal(await valueOf(result), generatedPassword("db-password", length));
      assert.equal((await valueOf(result)).length, length);
      assert.deepEqual(recording.named("db-password").object, { length: Math.ceil(length / 2) });
    });
  }

  it("is a secret, which the engine encrypts", async () => {
    const { result } = await record(() => createPassword("db-password", 32, {}));
    assert.equal(await pulumi.isSecret(result), true);
  });

  it("needs no escaping in a URL, a shell or SQL", async () => {
    const { result } = await record(() => createPassword("db-password", 32, {}));
    assert.match(await valueOf(result), /^[0-9a-f]{32}$/);
  });
});
