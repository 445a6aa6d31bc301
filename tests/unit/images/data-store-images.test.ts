import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { postgres16, postgres17 } from "../../../images/data-store-images.ts";
import type { RootRecipe } from "../../../images/recipe.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";

const SAMPLES = {
  "16": "usr/lib/postgresql/16/share/postgresql/postgresql.conf.sample",
  "17": "usr/share/postgresql/17/postgresql.conf.sample",
} as const;

describe("the configuration that a new Postgres starts from", () => {
  const scratch = useScratchFolder();

  /** The lines of the file after the recipe's commands. */
  const configuration = (recipe: RootRecipe, sample: string): string[] => {
    scratch().program("chroot", "exit 0");
    scratch().file(`root/${sample}`, "#listen_addresses = 'localhost'\n#unix_socket_directories = '/tmp'\n");
    scratch().file("root/usr/bin/none", "");
    const root = join(scratch().path, "root");
    for (const command of recipe.commands ?? [])
      execFileSync("sh", ["-eu", "-c", command], { cwd: root, env: scratch().env });
    return readFileSync(join(root, sample), "utf8").trim().split("\n");
  };

  it("lets pods connect", () => {
    assert.equal(configuration(postgres17, SAMPLES["17"])[0], "listen_addresses = '*'");
    assert.equal(configuration(postgres16, SAMPLES["16"])[0], "listen_addresses = '*'");
  });

  it("has the socket where the container beside it looks, below the line that initdb overwrites", () => {
    assert.deepEqual(configuration(postgres16, SAMPLES["16"]).slice(1), [
      "#unix_socket_directories = '/tmp'",
      "unix_socket_directories = '/var/run/postgresql, /tmp'",
    ]);
  });
});
