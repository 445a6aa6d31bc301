import assert from "node:assert/strict";
import { sharedCheckout } from "./fixtures.ts";

describe("a wrong configuration", () => {
  after(() => sharedCheckout().run("pulumi", ["stack", "rm", "wrong", "--yes", "--force", "--non-interactive"]));

  it("is refused by the command with exit code 2 before the engine starts", async () => {
    const checkout = sharedCheckout();
    checkout.writeStack("wrong", "dev", (config) => {
      config["terrarium:services"] = { "guestbook-worker": { replicas: "two", calls: ["postgress"] } };
    });
    const result = await checkout.terrarium(["up", "--stack", "wrong"]);
    assert.equal(result.code, 2);
    assert.match(result.stderr, /services\.guestbook-worker\.replicas: got "two", expected /);
    assert.deepEqual(checkout.stacks().includes("wrong"), false);
  });

  it("is refused by plain pulumi with the same words, and no resource is touched", async () => {
    const checkout = sharedCheckout();
    checkout.writeStack("wrong", "dev", (config) => {
      config["terrarium:services"] = { "guestbook-worker": { calls: ["postgress"] } };
      config["terrarium:servces"] = {};
    });
    const update = () =>
      checkout.run("pulumi", ["up", "--stack", "wrong", "--yes", "--skip-preview", "--non-interactive"]);
    const created = await checkout.run("pulumi", ["stack", "init", "wrong"]);
    assert.equal(created.code, 0, created.stderr);
    const unknown = await update();
    assert.notEqual(unknown.code, 0);
    assert.match(unknown.stdout, /servces: no such key; allowed here: tier, name, /);
    checkout.editStack("wrong", (config) => delete config["terrarium:servces"]);
    const dangling = await update();
    assert.match(dangling.stdout, /services\.guestbook-worker\.calls\[0\]: got "postgress", expected one of: /);
    assert.doesNotMatch(dangling.stdout, /at .*\.ts:\d+/, "a stack trace would bury the message");
    const left = await checkout.run("kubectl", ["get", "namespace", "guestbook-wrong"]);
    assert.match(left.stderr, /not found/);
  });
});
