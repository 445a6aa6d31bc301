import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { runProgram } from "../../../cli/program.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { testSurroundings } from "./surroundings.ts";

describe("shell completion", () => {
  const scratch = useScratchFolder();
  const scriptFor = async (shell: string): Promise<string> => {
    const surroundings = testSurroundings(scratch());
    assert.equal(await runProgram(["completion", shell], surroundings), 0);
    return surroundings.output.stdout;
  };

  describe("in bash", () => {
    /** What bash offers for the last word. */
    const complete = async (...words: string[]): Promise<string[]> => {
      const path = scratch().file("completion.bash", await scriptFor("bash"));
      const asked = `. '${path}'; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _terrarium; echo "\${COMPREPLY[*]}"`;
      const output = execFileSync("bash", ["--norc", "-c", asked, "bash", "terrarium", ...words], { encoding: "utf8" });
      return output.trim() === "" ? [] : output.trim().split(" ");
    };

    it("offers commands, and the commands within one", async () => {
      assert.deepEqual(await complete("en"), ["env"]);
      const within = await complete("env", "");
      for (const name of ["create", "list", "get", "describe", "delete", "extend", "logs", "diff"])
        assert.ok(within.includes(name), name);
    });

    it("offers the options of the command that was entered, wherever values stand between", async () => {
      assert.deepEqual(await complete("env", "logs", "shop-42", "--f"), ["--follow"]);
      assert.deepEqual(await complete("up", "--stack", "dev", "--cl"), ["--cluster"]);
    });

    it("offers what the value of an option or an argument can be", async () => {
      assert.deepEqual(await complete("env", "create", "--dry-run", ""), ["client", "server"]);
      assert.deepEqual(await complete("env", "get", "x", "-o", "j"), ["json"]);
      assert.deepEqual((await complete("completion", "")).slice(0, 3), ["bash", "zsh", "fish"]);
    });

    it("leaves files to the shell", async () => {
      assert.deepEqual(await complete("env", "create", "-f", ""), []);
    });
  });

  for (const shell of ["bash", "zsh", "fish"]) {
    it(`knows every command in ${shell}`, async () => {
      const surroundings = testSurroundings(scratch());
      await runProgram(["--help"], surroundings);
      const listed = [...surroundings.output.stdout.matchAll(/^ {2}([a-z-]+) \[?/gm)].map(([, name]) => name ?? "");
      const commands = listed.filter((name) => name !== "help");
      assert.ok(commands.length > 12, commands.join());
      const script = await scriptFor(shell);
      for (const command of commands) assert.match(script, new RegExp(`[" ']${command}[" ':]`), command);
    });
  }

  it("refuses another shell, naming those it knows", async () => {
    const surroundings = testSurroundings(scratch());
    assert.equal(await runProgram(["completion", "tcsh"], surroundings), 2);
    assert.match(surroundings.output.stderr, /Allowed choices are bash, zsh, fish/);
  });
});
