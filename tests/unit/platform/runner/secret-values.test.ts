import assert from "node:assert/strict";
import { passwordsIn, SecretValues } from "../../../../platform/runner/secret-values.ts";

describe("secret values", () => {
  it("are hidden as they are, in base64 and in addresses", () => {
    const secrets = new SecretValues();
    secrets.add("p@ss word");
    assert.equal(
      secrets.hide("a p@ss word, cEBzcyB3b3Jk, postgres://u:p%40ss%20word@h"),
      "a [secret], [secret], postgres://u:[secret]@h",
    );
  });

  it("are hidden whole where one is a part of another", () => {
    const secrets = new SecretValues();
    secrets.add("hunter22");
    secrets.add("postgres://app:hunter22@postgres/app");
    assert.equal(secrets.hide("url: postgres://app:hunter22@postgres/app"), "url: [secret]");
  });

  it("are left where they are too short to mean anything", () => {
    const secrets = new SecretValues();
    secrets.add("app");
    assert.equal(secrets.hide("app"), "app");
  });

  it("are the passwords in addresses, as they stand there and as they are", () => {
    assert.deepEqual(passwordsIn("postgres://ada:p%40ss%2fword@db/state"), ["p%40ss%2fword", "p@ss/word"]);
    assert.deepEqual(passwordsIn("postgres://ada:100%@db/state"), ["100%"]);
    assert.deepEqual(passwordsIn("file:///state"), []);
    assert.deepEqual(passwordsIn("no address"), []);
  });
});
