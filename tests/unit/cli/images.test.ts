import assert from "node:assert/strict";
import { parse } from "yaml";
import { images, imagesOf, loadStackImages } from "../../../cli/images.ts";
import { runProgram } from "../../../cli/program.ts";
import { Session } from "../../../cli/session.ts";
import { resolveStack } from "../../../cli/stack-validation.ts";
import { IMAGES, resolveEnvironment, toEnvironmentSpec } from "../../../spec/index.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { read } from "../docs/checkout.ts";
import { environment, withService, withStore } from "../spec/environments.ts";
import { kindMachine, startCluster } from "./kind-machine.ts";

const names = (over: Record<string, unknown>): string[] => imagesOf(resolveEnvironment(over));
const quiet = { observability: { enabled: false } };

describe("the images of an environment", () => {
  it("are those of its stores and servers, and the one of canaries", () => {
    const observability = { enabled: true, grafana: { enabled: false } };
    assert.deepEqual(names(withStore({ engine: "postgres" }, { observability })).sort(), [
      "busybox",
      "collector",
      "loki",
      "postgres17",
      "prometheus",
    ]);
  });

  it("follow the version of Postgres", () => {
    assert.ok(names(withStore({ engine: "postgres", version: "16" }, quiet)).includes("postgres16"));
  });

  it("are not those that Terrarium does not know", () => {
    assert.deepEqual(names(withService({}, quiet)), ["busybox"]);
    assert.deepEqual(names(environment(quiet)), ["busybox"]);
  });

  it("are those of a service with a shell, where its image says so", () => {
    assert.deepEqual(names(withService({ image: "terrarium/clock:0.1.0-debug" }, quiet)), ["busybox", "clockDebug"]);
  });

  it("have git where a service is built from source, unless that brings its own", () => {
    const source = { repository: "https://git.example.com/shop.git", branch: "main" };
    const built = (over: object) =>
      names(withService({ image: IMAGES.node.image, source: { ...source, ...over }, internet: true }, quiet)).sort();
    assert.deepEqual(built({}), ["busybox", "git", "node"]);
    assert.deepEqual(built({ gitImage: "mirror.example.com/git:2" }), ["busybox", "node"]);
  });

  it("of the stack for real pods are made without Rust, and without the platform service", () => {
    const config = parse(read("Pulumi.local.yaml")) as { config: Record<string, unknown> };
    const own = Object.entries(config.config).map(([key, value]) => [key.replace("terrarium:", ""), value]);
    const base: unknown = parse(read("examples/guestbook/environment.yaml"));
    const source = { stack: "local", project: "terrarium", base, config: Object.fromEntries(own) as object };
    const found = imagesOf(resolveEnvironment(toEnvironmentSpec({ ...source, config: { ...source.config } })));
    assert.ok(found.includes("guestbook") && !found.some((name) => /^(clock|platform)/.test(name)));
  });
});

describe("terrarium images", () => {
  const scratch = useScratchFolder();
  const calls = (part: string): string[] =>
    scratch()
      .calls()
      .filter((call) => call.includes(part));

  it("has the engine pull the stack's images into its kind cluster where that works", async () => {
    const surroundings = kindMachine(scratch());
    const access = await startCluster(surroundings);
    const session = new Session(surroundings, "dev");
    await loadStackImages(surroundings, session, resolveStack(scratch().path, "dev"), access);
    assert.deepEqual(
      calls("podman pull").map((call) => call.split("/").at(-1)?.split(":")[0]),
      ["redis", "prometheus", "opentelemetry-collector-contrib", "busybox"],
    );
    assert.equal(calls("kind load docker-image").length, 4);
    assert.match(surroundings.output.stderr, /made here: none$/m);
  });

  it("says what to do when the container engine of the cluster has stopped", async () => {
    const surroundings = kindMachine(scratch());
    const access = await startCluster(surroundings);
    const session = new Session(surroundings, "dev");
    scratch().program("podman", "exit 1");
    await assert.rejects(loadStackImages(surroundings, session, resolveStack(scratch().path, "dev"), access), {
      name: "CommandFailure",
      message: "The cluster's container engine does not run any more: podman does not run, docker is not installed.",
    });
  });

  it("ends with 2 for an image without a recipe, naming those that have one, before anything is made", async () => {
    const surroundings = kindMachine(scratch());
    assert.equal(await runProgram(["images", "--stack", "dev", "redis:6"], surroundings), 2);
    assert.match(
      surroundings.output.stderr,
      /^terrarium: There is no recipe for the image "redis:6"\. Choose one of: .*docker\.io\/terrarium\/clock:0\.1\.0-debug, /,
    );
    assert.deepEqual(scratch().calls(), []);
  });

  it("makes the images that are named instead of the stack's", async () => {
    const surroundings = kindMachine(scratch());
    const options = { stack: "dev", references: ["grafana/grafana:13.2.0"] };
    await assert.rejects(images(surroundings, options), /grafana:13\.2\.0 has no stand-in: /);
  });
});
