import assert from "node:assert/strict";
import { PROJECT } from "./checkout.ts";
import { sharedCheckout } from "./fixtures.ts";

const namespace = "environment-commands";

describe("the commands about preview environments on the real API server", () => {
  const env = (...args: string[]) => sharedCheckout().terrarium(["env", ...args, "--namespace", namespace]);
  const shop = ["--repository", "https://git.example.com/team/shop", "--branch", "main"];

  before(async () => {
    const definition = `${PROJECT}/platform/crd/environments.yaml`;
    for (const args of [
      ["apply", "--server-side", "-f", definition],
      ["wait", "--for=jsonpath={.status.acceptedNames.kind}=Environment", "-f", definition],
      ["wait", "--for=condition=Established", "-f", definition],
      ["create", "namespace", namespace],
    ]) {
      const { code, stderr } = await sharedCheckout().run("kubectl", args);
      assert.equal(code, 0, stderr);
    }
  });

  after(() => sharedCheckout().run("kubectl", ["delete", "namespace", namespace, "--wait=false"]));

  it("create, list, extend, describe and delete one", async () => {
    const created = await env("create", "shop-42", ...shop, "--owner", "ada", "--label", "team=a");
    assert.deepEqual(created, { code: 0, stdout: "environment.terrarium.dev/shop-42 created\n", stderr: "" });
    assert.equal((await env("list", "-l", "team=a", "-o", "name")).stdout, "environment.terrarium.dev/shop-42\n");
    assert.match((await env("list")).stdout, /^shop-42 +- +- +main +- +- +ada +- +\d+s$/m);
    assert.equal((await env("extend", "shop-42", "2h")).code, 0);
    const { spec } = JSON.parse((await env("get", "shop-42", "-o", "json")).stdout) as {
      spec: Record<string, unknown>;
    };
    assert.deepEqual(Object.keys(spec).sort(), ["extendedUntil", "mode", "owner", "seed", "source"]);
    assert.match((await env("describe", "shop-42")).stdout, /^phase +not seen by the platform service yet$/m);
    assert.match((await env("logs", "shop-42")).stderr, /has no log yet/);
    const deleted = await env("delete", "shop-42", "--wait");
    assert.deepEqual([deleted.code, deleted.stdout], [0, "environment.terrarium.dev/shop-42 is gone\n"]);
  });

  it("pass on what the server alone refuses", async () => {
    assert.equal((await env("create", "twice", ...shop)).code, 0);
    const again = await env("create", "twice", ...shop);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /refuses it: environments\.terrarium\.dev "twice" already exists/);
    const elsewhere = await sharedCheckout().terrarium(["env", "create", "x", ...shop, "--namespace", "nowhere"]);
    assert.match(elsewhere.stderr, /The cluster has no namespace nowhere/);
  });
});
