import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { useScratchFolder } from "../clusters/scratch-folder.ts";

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly uses?: string;
  readonly steps?: readonly { readonly uses?: string; readonly run?: string; readonly with?: object }[];
}

const folder = resolve(import.meta.dirname, "../../../.github/workflows");
const texts = new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")]));
const workflows = new Map([...texts].map(([file, text]) => [file, parse(text) as Workflow]));

function workflow(file: string): Workflow {
  return workflows.get(file) ?? assert.fail(`there is no ${file}`);
}

describe("the workflows for GitHub", () => {
  const scratch = useScratchFolder();

  for (const [file, text] of texts) {
    describe(file, () => {
      it("names each action by its commit, with the release beside it", () => {
        const uses = [...text.matchAll(/uses: (.*)$/gm)].map(([, action = ""]) => action);
        for (const action of uses.filter((name) => !name.startsWith("./"))) {
          assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
        }
      });

      it("may write nothing but comments, and says so where it does", () => {
        const { permissions, jobs } = workflow(file);
        assert.ok(permissions, "the default is what the repository's settings say");
        const all = [permissions, ...Object.values(jobs).map((job) => job.permissions ?? {})].flatMap(Object.entries);
        const written = all.filter(([, level]) => level !== "read").map(([name]) => name);
        assert.deepEqual(written, file === "check-comment.yml" ? ["pull-requests"] : []);
      });

      it("ends nothing in the middle, and nothing runs for ever", () => {
        assert.doesNotMatch(text, /cancel-in-progress: (?!false)/);
        for (const [name, job] of Object.entries(workflow(file).jobs))
          assert.ok(job.uses !== undefined || job["timeout-minutes"] !== undefined, name);
      });

      it("puts nothing from outside into a script", () => {
        const scripts = Object.values(workflow(file).jobs).flatMap(({ steps = [] }) =>
          steps.map(({ run = "" }) => run),
        );
        for (const script of scripts) assert.doesNotMatch(script, /\$\{\{/);
      });
    });
  }

  it("run a pull request's code without secrets, and with secrets none of its code", () => {
    for (const [file, { on }] of workflows) {
      assert.ok(!("pull_request_target" in on), file);
      if ("pull_request" in on) assert.doesNotMatch(texts.get(file) ?? "", /secrets\.|secrets: inherit/, file);
    }
    const { steps = [] } = workflow("check-comment.yml").jobs["comment"] ?? assert.fail();
    assert.ok(!steps.some(({ uses = "" }) => uses.startsWith("actions/checkout")));
    assert.doesNotMatch(JSON.stringify(steps), /bin\/terrarium|npm |make |node /);
  });

  describe("write the comment", () => {
    const script = (workflow("check-comment.yml").jobs["comment"]?.steps ?? []).find(
      ({ run }) => run !== undefined,
    )?.run;

    /** @param answers what `gh` says to a request for pull requests, and to one for comments. */
    const write = (report: string, answers: { pulls: string; comments: string }): string => {
      scratch().file("report/report.md", report);
      scratch().program(
        "gh",
        `case "$*" in *"/pulls "*) printf '${answers.pulls}';; *--paginate*) printf '${answers.comments}';; esac`,
      );
      const path = `${join(scratch().path, "bin")}:${process.env["PATH"] ?? ""}`;
      const env = {
        REPOSITORY: "acme/shop",
        HEAD_OWNER: "fork",
        HEAD_BRANCH: "fix",
        HEAD_SHA: "abc",
        RUN_URL: "https://run",
      };
      execFileSync("bash", ["--norc", "-e", "-c", script ?? ""], {
        cwd: scratch().path,
        stdio: "ignore",
        env: { ...env, PATH: path },
      });
      return scratch().calls().at(-1) ?? "";
    };
    const comment = () => readFileSync(join(scratch().path, "comment.md"), "utf8");

    it("once, and again into the same one", () => {
      const report = "<!-- terrarium-check -->\n\n## Terrarium: changes\n";
      assert.match(write(report, { pulls: "7", comments: "" }), /--method POST repos\/acme\/shop\/issues\/7\/comments/);
      assert.match(
        write(report, { pulls: "7", comments: "42\n" }),
        /--method PATCH repos\/acme\/shop\/issues\/comments\/42/,
      );
      assert.match(
        comment(),
        /^<!-- terrarium-check -->\n\n## Terrarium: changes\n\n\[Log and report\]\(https:\/\/run\)\n$/,
      );
    });

    it("of a report that calls people or is too long only as far as it goes", () => {
      write(`hello @admin ${"x".repeat(100_000)}`, { pulls: "7", comments: "" });
      assert.ok(comment().length < 65_536);
      assert.ok(!comment().includes("@admin") && comment().includes("@\u200badmin"));
    });

    it("nowhere when the pull request has moved on or is closed", () => {
      assert.match(write("report", { pulls: "", comments: "" }), /repos\/acme\/shop\/pulls/);
    });
  });
});
