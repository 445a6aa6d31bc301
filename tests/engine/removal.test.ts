import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Checkout, run } from "./checkout.ts";

describe("taking an environment down", () => {
  it("leaves no object, volume, process, port or folder behind", async () => {
    const checkout = await Checkout.create();
    try {
      await checkout.must(["up", "--stack", "dev", "--cluster", "simulated"]);
      const volumes = await checkout.kubectl<{ items: { spec: { hostPath: { path: string } } }[] }>([
        "get",
        "persistentvolumes",
      ]);
      const folders = volumes.items.map((volume) => volume.spec.hostPath.path);
      assert.ok(folders.length >= 4 && folders.every((folder) => existsSync(folder)));
      const servers = await run("pgrep", ["-f", checkout.folder], "/");
      assert.ok(servers.stdout.trim().split("\n").length >= 5, "the cluster's processes run");

      await checkout.must(["down", "--stack", "dev"]);
      assert.deepEqual(
        folders.filter((folder) => existsSync(folder)),
        [],
      );
      assert.equal((await run("pgrep", ["-f", checkout.folder], "/")).stdout, "");
      assert.equal(existsSync(join(checkout.folder, ".terrarium")), false);
      await checkout.must(["down", "--stack", "dev"]);
    } finally {
      if (existsSync(join(checkout.folder, ".terrarium"))) await checkout.removeEverything();
      checkout.remove();
    }
  });
});
