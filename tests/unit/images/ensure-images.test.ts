import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand, type RunCommand } from "../../../clusters/run-command.ts";
import { ensureImages, type ImagesOptions } from "../../../images/index.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";

describe("making images", () => {
  const scratch = useScratchFolder();
  let said: string[];

  /** A machine whose mmdebstrap makes a folder with one file; only root's files are in it, so it takes no chown. */
  const run: RunCommand = (file, args, options) => {
    if (file === "apt-get") return Promise.resolve({ code: 0, stdout: "Debian|Debian|main|mirror:/\n", stderr: "" });
    if (file === "mmdebstrap") {
      const folder = args.at(-2) ?? "";
      mkdirSync(join(folder, "usr/bin"), { recursive: true });
      writeFileSync(join(folder, "usr/bin/busybox"), args.join(" "));
      return Promise.resolve({ code: 0, stdout: "", stderr: "" });
    }
    // Commands of the recipe would need what a real root folder has.
    return file === "sh" ? Promise.resolve({ code: 0, stdout: "", stderr: "" }) : runCommand(file, args, options);
  };
  const options = (more: Partial<ImagesOptions> = {}): ImagesOptions => ({
    cacheDir: join(scratch().path, "cache"),
    env: scratch().env,
    say: (line) => said.push(line),
    toolchain: { path: (binary) => join(scratch().path, "tools", binary) },
    names: ["busybox"],
    run,
    uid: 0,
    ...more,
  });
  const cached = (): string[] => readdirSync(join(scratch().path, "cache/images"));

  beforeEach(() => {
    said = [];
    scratch().program("mmdebstrap", "exit 1");
    scratch().program("buildah", "exit 1");
  });

  it("makes an archive of the packages from this machine's own mirror", async () => {
    const [image] = await ensureImages(options());
    assert.equal(image?.reference, "docker.io/library/busybox:1.36");
    assert.match(image.id, /^sha256:[0-9a-f]{64}$/);
    const manifest = execFileSync("tar", ["-xOf", image.file, "manifest.json"], { encoding: "utf8" });
    assert.ok(manifest.includes(image.id.slice("sha256:".length)));
  });

  it("takes what is in the cache as it is", async () => {
    const first = await ensureImages(options());
    said = [];
    assert.deepEqual(await ensureImages(options({ run: () => assert.fail("a command ran") })), first);
    assert.deepEqual(said, []);
  });

  it("makes an image anew when one of its executables has changed", async () => {
    scratch().file("tools/otelcol-contrib", "one");
    const [one] = await ensureImages(options({ names: ["collector"] }));
    scratch().file("tools/otelcol-contrib", "two");
    const [two] = await ensureImages(options({ names: ["collector"] }));
    assert.notEqual(one?.id, two?.id);
    assert.notEqual(one?.file, two?.file);
  });

  it("leaves nothing in the cache when a build fails, and names what failed", async () => {
    const failing: RunCommand = (file, args, given) =>
      file === "mmdebstrap"
        ? Promise.resolve({ code: 25, stdout: "", stderr: "E: no mirror" })
        : run(file, args, given);
    await assert.rejects(ensureImages(options({ run: failing })), {
      name: "ImageError",
      message: "unpacking base-files, busybox of Debian trixie: mmdebstrap ended with 25:\nE: no mirror",
    });
    assert.deepEqual(cached(), []);
  });

  it("installs the programs that are missing, pip only for what a Python package brings", async () => {
    let installed: string[] = [];
    const bare: RunCommand = (file, args) => {
      if (file === "env" && args.includes("install")) installed = args.slice(args.indexOf("--yes") + 1);
      return Promise.resolve({ code: file === "mmdebstrap" ? 1 : 0, stdout: "", stderr: "" });
    };
    const empty = { PATH: join(scratch().path, "bin") };
    scratch().program("apt-get", "exit 0");
    scratch().program("buildah", "exit 0");
    await assert.rejects(ensureImages(options({ run: bare, env: empty })), /mmdebstrap ended with 1/);
    assert.deepEqual(installed, []);
    await assert.rejects(
      ensureImages(options({ run: bare, env: empty, names: ["postgres16"] })),
      /mmdebstrap ended with/,
    );
    assert.deepEqual(installed, ["python3-pip"]);
  });

  it("says why it makes images as root only", async () => {
    await assert.rejects(ensureImages(options({ uid: 1000 })), /images are built by root/);
  });

  it("makes only what could not be pulled, and stops pulling at the first failure", async () => {
    const asked: string[] = [];
    const pull = (reference: string): Promise<string | undefined> => {
      asked.push(reference);
      return Promise.resolve(reference.includes("redis") ? undefined : "no such host");
    };
    const images = await ensureImages(options({ names: ["redis7", "busybox"], pull }));
    assert.deepEqual(
      images.map(({ name }) => name),
      ["busybox"],
    );
    assert.equal(asked.length, 2);
    assert.equal(said[0], "pulled: redis7; made here: busybox (no such host)");
  });

  it("refuses an image that there is no stand-in for", async () => {
    await assert.rejects(ensureImages(options({ names: ["grafana"] })), /grafana:13\.2\.0 has no stand-in: its server/);
  });

  it("does not ask a registry for the examples' own images", async () => {
    const pull = (): Promise<undefined> => assert.fail("a registry was asked");
    await assert.rejects(ensureImages(options({ names: ["guestbook"], pull, uid: 1000 })), /images are built by root/);
    assert.ok(
      readFileSync(new URL("../../../examples/guestbook/Dockerfile", import.meta.url), "utf8").includes(
        "ARG BUILD_IMAGE",
      ),
    );
  });
});
