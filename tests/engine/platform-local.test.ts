import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { Checkout } from "./checkout.ts";
import { until } from "./platform-cluster.ts";

const REPOSITORY = "https://git.example.com/team/shop";

describe("terrarium platform local", () => {
  let checkout: Checkout;
  let service: ChildProcess;

  before(async () => {
    checkout = await Checkout.create();
    const base = { services: { web: { image: "registry.example.com/team/shop:1" } } };
    const config = { repositories: { [REPOSITORY]: { base } }, http: { port: 0 } };
    writeFileSync(join(checkout.folder, "platform.yaml"), stringify(config));
  });

  after(async () => {
    service.kill("SIGKILL");
    await checkout.removeEverything();
  });

  const start = (): void => {
    service = checkout.start(["platform", "local", "--cluster", "simulated", "--config", "platform.yaml"]);
  };
  const stop = async (): Promise<unknown> => {
    const ended = once(service, "close");
    service.kill("SIGINT");
    return (await ended)[0];
  };
  const list = () => checkout.terrarium(["env", "list", "-o", "name"]);

  it("takes one from nothing to an environment that is Ready", async () => {
    start();
    await until(() => list().then(({ code, stderr }) => ({ done: code === 0, value: undefined, state: stderr })), 90);
    const options = ["--repository", REPOSITORY, "--branch", "main", "--wait", "--timeout", "2m"];
    await checkout.must(["env", "create", "first", ...options]);
  });

  it("ends well when it is interrupted, and goes on with what there is when it is started again", async () => {
    assert.equal(await stop(), 0);
    assert.match((await list()).stdout, /first/);
    start();
    await checkout.must(["env", "delete", "first", "--wait", "--timeout", "2m"]);
    assert.equal(await stop(), 0);
  });

  it("leaves a cluster that down removes, with what the service knew of it", async () => {
    await checkout.must(["down"]);
    assert.equal(existsSync(join(checkout.folder, ".terrarium/platform/local")), false);
    assert.equal(existsSync(join(checkout.folder, ".terrarium/kwok")), false);
  });
});
