import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { buildRecipe } from "../../../clusters/toolchain/build-recipe.ts";
import { buildLimit, BuildSlots, bytesPerBuild } from "../../../clusters/toolchain/build-slots.ts";
import { cacheLayout } from "../../../clusters/toolchain/cache-layout.ts";
import { CommandError } from "../../../clusters/toolchain/index.ts";
import { Installer } from "../../../clusters/toolchain/installer.ts";
import { kubeconform, kubeScore } from "../../../clusters/toolchain/checker-recipes.ts";
import { runCommand } from "../../../clusters/toolchain/run-command.ts";
import { fakeGo, hasEnded, linesOf, recordingProgress, scratchFolder, until, writeScript } from "./scratch.ts";

const folder = fileURLToPath(new URL("../../../clusters/toolchain", import.meta.url));

describe("parallel builds", () => {
  const scratch = scratchFolder();

  it("are as many as cores and memory allow, at least one and at most four", () => {
    assert.equal(buildLimit(2, 24e9), 2);
    assert.equal(buildLimit(8, 2.9 * bytesPerBuild), 2);
    assert.equal(buildLimit(8, 1e9), 1);
    assert.equal(buildLimit(64, 256e9), 4);
  });

  it("never exceed the limit, and of those that wait the longest starts first", async () => {
    const slots = new BuildSlots(2);
    const order: number[] = [];
    let running = 0;
    const build = (weight: number) =>
      slots.run(weight, async () => {
        order.push(weight);
        running += 1;
        assert.ok(running <= 2);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      });
    await Promise.all([3, 4, 1, 9, 5].map(build));
    assert.deepEqual(order, [3, 4, 9, 5, 1]);
  });

  it("end when one of them fails, before the failure is reported", async () => {
    await writeScript(scratch.path("bin", "go"), fakeGo);
    const pids = scratch.path("pids");
    const script = `case "$*" in
      *kubeconform*) while [ ! -s ${pids} ]; do sleep 0.01; done; exit 1;;
      *) echo $$ >> ${pids}; exec sleep 60;; esac`;
    const env = { PATH: `${scratch.path("bin")}:/usr/bin:/bin`, BUILDS: "/dev/null", FAKE_GO_BUILD: script };
    const installer = new Installer({
      cache: cacheLayout(scratch.path("cache")),
      modulesDir: `${folder}/go`,
      target: { platform: process.platform, arch: process.arch },
      progress: recordingProgress(),
      env,
      parallelBuilds: 2,
    });
    await assert.rejects(installer.build([kubeScore, kubeconform]), CommandError);
    const [pid] = await linesOf(pids);
    assert.ok(await hasEnded(Number(pid)));
  });
});

describe("a build", () => {
  const scratch = scratchFolder();

  it("leaves out of a module what the recipe's tags say, and nothing where it has none", async () => {
    await writeScript(scratch.path("bin", "go"), fakeGo);
    const asked = scratch.path("asked");
    const env = {
      PATH: `${scratch.path("bin")}:/usr/bin:/bin`,
      BUILDS: "/dev/null",
      FAKE_GO_BUILD: `echo "$*" >> ${asked}`,
    };
    const [build] = kubeconform.builds ?? [];
    assert.ok(build);
    for (const recipe of [kubeconform, { ...kubeconform, builds: [{ ...build, tags: ["one", "two"] }] }]) {
      const tools = {
        go: scratch.path("bin", "go"),
        modulesDir: `${folder}/go`,
        parallel: 1,
        logFile: scratch.path("log"),
      };
      await buildRecipe(recipe, scratch.path("built"), { ...tools, env });
    }
    const [whole = "", part = ""] = await linesOf(asked);
    assert.equal(part.replace(" -tags=one,two ", " "), whole);
    assert.notEqual(part, whole);
  });
});

describe("a command", () => {
  const scratch = scratchFolder();
  const options = () => ({ cwd: scratch.path(), env: { PATH: "/usr/bin:/bin" } });

  it("returns what it writes to its standard output", async () => {
    assert.equal(await runCommand("sh", ["-c", "echo out; echo err >&2"], options()), "out\n");
  });

  it("that doesn't exist is an error that names it", async () => {
    await assert.rejects(runCommand("no-such-command", [], options()), /^CommandError: no-such-command .*ENOENT/);
  });

  it("ends when its time is over", async () => {
    await assert.rejects(
      runCommand("sleep", ["60"], { ...options(), timeoutMs: 20 }),
      /^CommandError: sleep 60 took longer than 0\.02 s/,
    );
  });

  it("ends with its children when this process is interrupted", async () => {
    const program = `
      import { runCommand } from ${JSON.stringify(`${folder}/run-command.ts`)};
      await runCommand("sh", ["-c", "sleep 60 & echo $! >> pids; echo $$ >> pids; wait"], { cwd: ".", env: process.env });`;
    await writeFile(scratch.path("main.ts"), program);
    const main = spawn(process.execPath, ["main.ts"], { cwd: scratch.path() });
    const closed = once(main, "close");
    await until(async () => (await linesOf(scratch.path("pids"))).length === 2, "the command to start");
    main.kill("SIGINT");
    assert.deepEqual(await closed, [null, "SIGINT"]);
    for (const pid of await linesOf(scratch.path("pids"))) {
      await until(() => hasEnded(Number(pid)), `process ${pid} to end`);
    }
  });
});
