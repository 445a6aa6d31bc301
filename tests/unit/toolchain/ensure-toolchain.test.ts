import assert from "node:assert/strict";
import { readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import {
  ChecksumError,
  CommandError,
  ensureToolchain,
  findToolchain,
  GoRequiredError,
  type ToolName,
} from "../../../clusters/toolchain/index.ts";
import {
  fakeBinary,
  fakeGo,
  hasEnded,
  linesOf,
  recordingProgress,
  scratchFolder,
  until,
  writeScript,
} from "./scratch.ts";

describe("ensureToolchain", () => {
  const scratch = scratchFolder();
  const builds = () => linesOf(scratch.path("builds"));
  const environment = (more: Record<string, string> = {}): Record<string, string> => ({
    PATH: `${scratch.path("bin")}:/usr/bin:/bin`,
    HOME: scratch.path("home"),
    BUILDS: scratch.path("builds"),
    ...more,
  });

  function ensure(needs: readonly ToolName[], more: { env?: Record<string, string>; signal?: AbortSignal } = {}) {
    const progress = recordingProgress();
    const { env = environment(), signal } = more;
    const toolchain = ensureToolchain(needs, {
      cacheDir: scratch.path("cache"),
      progress,
      env,
      ...(signal && { signal }),
    });
    return { toolchain, progress };
  }

  beforeEach(() => writeScript(scratch.path("bin", "go"), fakeGo));

  it("builds what is missing, and the second time finds it", async () => {
    const first = ensure(["kubeconform"]);
    const { path, binDir, env } = await first.toolchain;
    assert.equal(
      await readFile(path("kubeconform"), "utf8"),
      fakeBinary("github.com/yannh/kubeconform/cmd/kubeconform"),
    );
    assert.equal((await stat(path("kubeconform"))).mode & 0o111, 0o111);
    assert.equal(env["PATH"], `${binDir}:${scratch.path("bin")}:/usr/bin:/bin`);
    assert.equal(env["PULUMI_HOME"], scratch.path("cache", "pulumi-home"));
    const second = ensure(["kubeconform"]);
    assert.equal((await second.toolchain).path("kubeconform"), path("kubeconform"));
    assert.deepEqual([second.progress.lines, await builds()], [[], ["build"]]);
  });

  it("finds what is installed without building anything", async () => {
    const options = { cacheDir: scratch.path("cache"), progress: recordingProgress(), env: environment() };
    assert.equal(await findToolchain(["kubeconform"], options), undefined);
    const { path } = await ensure(["kubeconform"]).toolchain;
    const found = await findToolchain(["kubeconform"], options);
    assert.equal(found?.path("kubeconform"), path("kubeconform"));
    assert.equal(await findToolchain(["kubeconform", "kube-score"], options), undefined);
    assert.deepEqual(await builds(), ["build"]);
  });

  it("builds once when asked twice at a time, and says what the second waits for", async () => {
    const env = environment({ FAKE_GO_BUILD: `while [ ! -e ${scratch.path("go-on")} ]; do sleep 0.01; done` });
    const runs = [ensure(["kubeconform"], { env }), ensure(["kubeconform"], { env })];
    const waits = () =>
      runs.flatMap((run) => run.progress.lines).filter((line) => line.startsWith("start wait for process"));
    await until(() => waits().length === 1, "the second to wait");
    await writeFile(scratch.path("go-on"), "");
    await Promise.all(runs.map((run) => run.toolchain));
    assert.deepEqual(await builds(), ["build"]);
    assert.deepEqual(waits(), [`start wait for process ${process.pid}, which installs kubeconform 0.8.0`]);
  });

  it("names the last lines of a failed build and its log file, and builds again the next time", async () => {
    const env = environment({ FAKE_GO_BUILD: "seq 30 >&2; exit 1" });
    await assert.rejects(ensure(["kubeconform"], { env }).toolchain, (error) => {
      assert.ok(error instanceof CommandError);
      assert.match(
        error.message,
        /ended with 1:\n11\n12\n[^]*\n30\nThe whole output is in .*cache\/logs\/kubeconform-.*\.log$/,
      );
      return true;
    });
    assert.deepEqual(await readdir(scratch.path("cache", "toolchain")), []);
    await ensure(["kubeconform"]).toolchain;
    assert.equal((await builds()).length, 2);
  });

  it("turns go's report of a changed module into an error that names it and both checksums", async () => {
    const report = [
      "verifying example.org/a@v1.0.0: checksum mismatch",
      "\tdownloaded: h1:got=",
      "\tgo.sum:     h1:expected=",
      "SECURITY ERROR",
    ];
    await writeFile(scratch.path("report"), report.join("\n"));
    const env = environment({ FAKE_GO_BUILD: `cat ${scratch.path("report")} >&2; exit 1` });
    await assert.rejects(ensure(["kubeconform"], { env }).toolchain, (error) => {
      assert.ok(error instanceof ChecksumError);
      assert.match(
        error.message,
        /^checksum of the Go module example.org\/a@v1.0.0 differs: expected h1:expected=, got h1:got=\./,
      );
      return true;
    });
  });

  it("leaves neither processes nor folders behind when it is aborted", async () => {
    const abort = new AbortController();
    const hangs = `sleep 60 & echo $! >> ${scratch.path("pids")}; echo $$ >> ${scratch.path("pids")}; wait`;
    const { toolchain } = ensure(["kubeconform"], { env: environment({ FAKE_GO_BUILD: hangs }), signal: abort.signal });
    const pids = () => linesOf(scratch.path("pids"));
    const aborted = assert.rejects(toolchain, /^Error: interrupted$/);
    await until(async () => (await pids()).length === 2, "the build to start");
    abort.abort(new Error("interrupted"));
    await aborted;
    assert.deepEqual(await readdir(scratch.path("cache", "toolchain")), []);
    assert.deepEqual(await readdir(scratch.path("cache", "locks")), []);
    for (const pid of await pids()) {
      await until(() => hasEnded(Number(pid)), `process ${pid} to end`);
    }
  });

  it("without go says which version is needed, for what, and what to do", async () => {
    await rm(scratch.path("bin", "go"));
    const env = environment({ PATH: scratch.path("bin") });
    await assert.rejects(ensure(["kind", "kubeconform"], { env }).toolchain, (error) => {
      assert.ok(error instanceof GoRequiredError);
      assert.equal(
        error.message,
        "Go 1.26 or newer is needed to build kind 0.33.0, kubeconform 0.8.0, but there is no go on PATH. " +
          "Install it (https://go.dev/doc/install) and run again. Or install kind (>=0.27.0 <1.0.0), " +
          "which then need no build; only kubeconform would still need Go.",
      );
      return true;
    });
  });

  it("with a go that is too old says which one it found", async () => {
    const env = environment({ FAKE_GO_VERSION: "go1.19.8" });
    const { toolchain } = ensure(["kube-score"], { env });
    await assert.rejects(
      toolchain,
      new RegExp(`^GoRequiredError: Go 1\\.24 or newer .* ${scratch.path("bin", "go")} is go1\\.19\\.8\\.`),
    );
    assert.deepEqual(await builds(), []);
  });

  it("uses the machine's own kind, and builds it when told to", async () => {
    await writeScript(scratch.path("bin", "kind"), 'echo "kind v0.30.0 go1.25.0 linux/amd64"');
    const own = await ensure(["kind"]).toolchain;
    assert.equal(await readlink(own.path("kind")), scratch.path("bin", "kind"));
    const built = await ensure(["kind"], { env: environment({ TERRARIUM_TOOLCHAIN: "build" }) }).toolchain;
    assert.equal(await readFile(built.path("kind"), "utf8"), fakeBinary("sigs.k8s.io/kind"));
  });

  it("uses the official pulumi with the user's plugins and login, and builds nothing", async () => {
    await officialPulumi("exit 1");
    const home = scratch.path("home", ".pulumi");
    for (const plugin of ["kubernetes-v4.25.0", "random-v4.19.1"]) {
      const name = plugin.split("-")[0] ?? "";
      await writeScript(`${home}/plugins/resource-${plugin}/pulumi-resource-${name}`, `echo ${name}`);
    }
    await writeFile(`${home}/credentials.json`, "{}");
    const { path, env } = await ensure(["pulumi"]).toolchain;
    assert.equal(await readlink(path("pulumi")), scratch.path("bin", "pulumi"));
    assert.equal(
      path("pulumi-resource-kubernetes"),
      scratch.path("cache/pulumi-home/plugins/resource-kubernetes-v4.25.0/pulumi-resource-kubernetes"),
    );
    assert.match(await readFile(path("pulumi-resource-random"), "utf8"), /echo random/);
    assert.equal(env["PULUMI_CREDENTIALS_PATH"], home);
    assert.deepEqual(await builds(), []);
  });

  it("lets the official pulumi download plugins, and builds none of them", async () => {
    const folder = '"$PULUMI_HOME/plugins/resource-$4-v$5"';
    await officialPulumi(`mkdir -p ${folder}; echo "$4 $5" > ${folder}/pulumi-resource-$4; chmod +x ${folder}/*`);
    const { path } = await ensure(["pulumi"]).toolchain;
    assert.equal(await readFile(path("pulumi-resource-kubernetes"), "utf8"), "kubernetes 4.25.0\n");
    assert.equal(await readFile(path("pulumi-resource-random"), "utf8"), "random 4.19.1\n");
    assert.deepEqual(await builds(), []);
    const again = ensure(["pulumi"]);
    assert.equal((await again.toolchain).path("pulumi-resource-random"), path("pulumi-resource-random"));
    assert.deepEqual(
      again.progress.lines.filter((line) => line.includes("download")),
      [],
    );
  });

  it("builds the plugins that the official pulumi can't download, with the schema that their module carries", async () => {
    await officialPulumi("echo no network >&2; exit 1");
    const schema = "cmd/pulumi-resource-kubernetes/schema.json";
    await writeScript(scratch.path("module", schema), "");
    await writeFile(scratch.path("module", schema), '{"name": "kubernetes"}');
    await writeFile(scratch.path("module", schema.replace("schema", "terraform-mapping")), "{}");
    const env = environment({
      FAKE_MODULE: scratch.path("module"),
      FAKE_GO_BUILD: `[ ! -e schema.json ] || cp schema.json ${scratch.path("embedded")}`,
    });
    const { toolchain, progress } = ensure(["pulumi"], { env });
    const { path } = await toolchain;
    assert.equal(await readFile(path("pulumi-resource-kubernetes"), "utf8"), fakeBinary("."));
    assert.equal(await readFile(scratch.path("embedded"), "utf8"), '{"name":"kubernetes","version":"4.25.0"}');
    assert.deepEqual(
      await builds(),
      ["build", "build", "build"],
      "the random plugin, its schema generator, the kubernetes plugin",
    );
    const reason = "ended with 1: no network; it is built from Go modules instead";
    assert.ok(
      progress.lines.includes(`fail download pulumi random plugin 4.19.1: ${reason}`),
      progress.lines.join("\n"),
    );
  });

  it("hands out files of modules, and fetches them once", async () => {
    await writeScript(scratch.path("module/config/crd/standard/gateways.yaml"), "");
    await writeScript(scratch.path("module/manifests/calico.yaml"), "");
    const env = environment({ FAKE_MODULE: scratch.path("module") });
    const toolchain = await ensure([], { env }).toolchain;
    assert.deepEqual(await readdir(await toolchain.asset("gateway-api")), ["gateways.yaml"]);
    assert.match(await toolchain.asset("calico"), /\/calico\.yaml$/);
    await rm(scratch.path("module"), { recursive: true });
    assert.deepEqual(await readdir(await toolchain.asset("gateway-api")), ["gateways.yaml"]);
  });

  it("names what there is when asked for an executable that isn't part of it", async () => {
    const { path } = await ensure(["kubeconform"]).toolchain;
    assert.throws(
      () => path("etcd"),
      /^ToolchainError: etcd is not part of the toolchain that was asked for, which has kubeconform$/,
    );
  });

  /** A scripted CLI; the body runs for `plugin install resource NAME VERSION`. */
  async function officialPulumi(install: string): Promise<void> {
    await writeScript(scratch.path("bin", "pulumi-language-nodejs"), "");
    await writeScript(scratch.path("bin", "pulumi"), `[ "$1" = version ] && { echo v3.230.0; exit; }\n${install}`);
  }
});
