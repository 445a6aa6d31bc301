import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { createPassword } from "../../../components/password.ts";
import { generatedPassword, record, valueOf } from "../mocks.ts";

describe("A password", () => {
  for (const length of [16, 25, 32, 128]) {
    it(`has as many letters and digits as it is told: ${length}`, async () => {
      const { result, recording } = await record(() => createPassword("db-password", length, {}));
      assert.equal(await valueOf(result), generatedPassword("db-password", length));
      assert.equal((await valueOf(result)).length, length);
      assert.deepEqual(recording.named("db-password").object, { length, upper: false, special: false });
    });
  }

  it("is a secret, which the engine encrypts", async () => {
    const { result } = await record(() => createPassword("db-password", 32, {}));
    assert.equal(await pulumi.isSecret(result), true);
  });

  it("is made anew with each rotation", async () => {
    const { recording } = await record(() => createPassword("db-password", 32, {}, 2));
    assert.deepEqual(recording.named("db-password").object["keepers"], { rotation: "2" });
  });
});
