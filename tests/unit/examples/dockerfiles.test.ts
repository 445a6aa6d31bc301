import assert from "node:assert/strict";
import { join } from "node:path";
import { CATALOGUE } from "../../../images/index.ts";
import { read } from "../docs/checkout.ts";

/** One line of a Dockerfile, continuations joined. */
interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** What stands between two FROM. */
interface Stage {
  readonly name: string;
  readonly base: string;
  readonly platform: string | undefined;
  readonly instructions: readonly Instruction[];
}

function stagesOf(dockerfile: string): Stage[] {
  const lines = dockerfile
    .replace(/^#.*\n/gm, "")
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line !== "");
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  for (const line of lines) {
    const [, platform, base, name] = /^FROM (?:--platform=(\S+) )?(\S+) AS (\w+)$/.exec(line) ?? [];
    if (base !== undefined && name !== undefined) stages.push({ name, base, platform, instructions: [] });
    else stages.at(-1)?.instructions.push({ name: line.split(" ")[0] ?? "", text: line });
  }
  return stages;
}

const only = (stage: Stage | undefined, ...names: string[]): string[] =>
  (stage?.instructions ?? []).filter(({ name }) => names.includes(name)).map(({ text }) => text);

/** Files and folders that a stage takes from the build's folder. */
const copied = (stage: Stage): string[] =>
  only(stage, "COPY")
    .filter((text) => !text.includes("--from="))
    .flatMap((text) => text.split(/\s+/).slice(1, -1))
    .map((path) => path.replace(/^\.\//, ""));

const installs = { guestbook: "npm ci", clock: "cargo chef cook", platform: "npm ci" } as const;

for (const example of ["guestbook", "clock", "platform"] as const) {
  const { dockerfile: recipe } = CATALOGUE[example];
  const text = read(join(recipe.context, "Dockerfile"));
  const stages = stagesOf(text);
  const named = (name: string): Stage | undefined => stages.find((stage) => stage.name === name);

  describe(`the Dockerfile of the ${example}`, () => {
    it("takes its base images from arguments, which the catalogue fills", () => {
      const parameters = [...text.matchAll(/^ARG (\w+_IMAGE)=\S+:\S+$/gm)].map(([, name]) => name);
      assert.deepEqual(parameters.sort(), Object.keys(recipe.bases).sort());
      const known = [...parameters.map((name) => `\${${name}}`), ...stages.map(({ name }) => name), "scratch"];
      for (const { base } of stages) assert.ok(known.includes(base), base);
    });

    it("gets the dependencies in a layer that a change of the source leaves alone", () => {
      const stage = stages.find(({ instructions }) =>
        instructions.some(({ text: step }) => step.includes(installs[example])),
      );
      assert.ok(stage);
      const at = stage.instructions.findIndex(({ text: step }) => step.includes(installs[example]));
      const before = copied({ ...stage, instructions: stage.instructions.slice(0, at) });
      for (const source of ["src", "platform"]) assert.ok(!before.includes(source));
    });

    it("builds the runtime last: without a step, a shell or a health check, as nobody", () => {
      const runtime = stages.at(-1);
      assert.equal(runtime?.name, "runtime");
      assert.deepEqual(only(runtime, "RUN", "HEALTHCHECK", "SHELL"), []);
      assert.deepEqual(only(runtime, "USER"), ["USER 65532:65532"]);
      for (const command of only(runtime, "ENTRYPOINT", "CMD")) assert.match(command, /^\w+ \[".*"\]$/);
    });

    it("has a debug variant that is the same but for a health check and where the shell is", () => {
      const same = (stage: Stage | undefined): string[] =>
        only(stage, "COPY", "WORKDIR", "USER", "EXPOSE", "ENTRYPOINT", "CMD");
      assert.deepEqual(same(named("debug")), same(named("runtime")));
      const [check = ""] = only(named("debug"), "HEALTHCHECK");
      assert.match(check, /--interval=\d+s --timeout=\d+s --start-period=\d+s +CMD \[".*\/health/);
      const environment = (name: string): string => only(named(name), "ENV").join().replace(":/busybox", "");
      assert.equal(environment("debug"), environment("runtime"));
    });

    it("copies what .dockerignore lets in, and .dockerignore lets in nothing else", () => {
      const ignored = read(join(recipe.context, ".dockerignore"))
        .replace(/^#.*\n/gm, "")
        .trim()
        .split("\n");
      assert.equal(ignored[0], "*");
      const folders = stages.flatMap(copied).map((path) => path.split("/")[0] ?? "");
      assert.deepEqual(ignored.slice(1).sort(), [...new Set(folders)].map((name) => `!${name}`).sort());
    });

    it("names the platform of its results where it names that of an earlier stage", () => {
      const expected = stages.some(({ platform }) => platform !== undefined) ? "${TARGETPLATFORM}" : undefined;
      for (const name of ["debug", "runtime"]) assert.equal(named(name)?.platform, expected);
    });

    it("has a registry's settings mounted where they are needed, never copied", () => {
      const steps = stages
        .flatMap((stage) => only(stage, "RUN"))
        .filter((step) => /npm ci|cargo (install|chef cook|build)/.test(step));
      assert.equal(steps.length, example === "clock" ? 3 : 1);
      for (const step of steps) assert.match(step, /--mount=type=secret,id=(npmrc|cargo),target=\S+,required=false/);
    });
  });
}

describe("the sample application's own npm settings", () => {
  it("name no registry and hold no credential: they are in a layer of the image's build", () => {
    assert.doesNotMatch(read("examples/guestbook/.npmrc"), /registry *=|_auth|_password|token/i);
  });
});
