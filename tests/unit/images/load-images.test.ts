import assert from "node:assert/strict";
import type { CommandResult, RunCommand } from "../../../clusters/run-command.ts";
import { loadImages, pullInto, type BuiltImage, type ImageTarget } from "../../../images/index.ts";

const image: BuiltImage = { name: "busybox", reference: "docker.io/library/busybox:1", id: "sha256:1", file: "/i.tar" };
const containerd: ImageTarget = { ctr: "ctr", address: "/c.sock", namespace: "k8s.io" };
const kind: ImageTarget = { kind: "kind", cluster: "dev", engine: "podman" };
const ctr = "ctr --address /c.sock --namespace k8s.io images";

/** Answers commands by what they contain; all others succeed without output. */
function machine(answers: Readonly<Record<string, Partial<CommandResult>>> = {}) {
  const calls: string[] = [];
  const said: string[] = [];
  const run: RunCommand = (file, args) => {
    const call = [file, ...args].join(" ");
    calls.push(call);
    const answer = Object.entries(answers).find(([part]) => call.includes(part))?.[1];
    return Promise.resolve({ code: 0, stdout: "", stderr: "", ...answer });
  };
  return { calls, said, options: { env: {}, run, say: (line: string) => void said.push(line) } };
}

describe("loading images", () => {
  it("imports an archive into containerd and labels it with what it holds", async () => {
    const { calls, said, options } = machine();
    await loadImages(containerd, [image], options);
    assert.deepEqual(calls, [
      `${ctr} list name==docker.io/library/busybox:1`,
      `${ctr} import /i.tar`,
      `${ctr} label docker.io/library/busybox:1 terrarium.dev/stand-in=sha256:1`,
    ]);
    assert.deepEqual(said, ["images loaded: 1; there already: 0"]);
  });

  it("leaves an image alone that is there with the same content", async () => {
    const { calls, said, options } = machine({ list: { stdout: "… terrarium.dev/stand-in=sha256:1\n" } });
    await loadImages(containerd, [image], options);
    assert.equal(calls.length, 1);
    assert.deepEqual(said, ["images loaded: 0; there already: 1"]);
  });

  it("replaces an image of the same name and other content", async () => {
    const { calls, options } = machine({ list: { stdout: "… terrarium.dev/stand-in=sha256:2\n" } });
    await loadImages(containerd, [image], options);
    assert.equal(calls.length, 3);
  });

  it("loads into a kind cluster and looks into its first node", async () => {
    const { calls, options } = machine();
    await loadImages(kind, [image], options);
    const node = "podman exec dev-control-plane ctr --namespace k8s.io images";
    assert.deepEqual(calls, [
      `${node} list name==docker.io/library/busybox:1`,
      "kind load image-archive /i.tar --name dev",
      `${node} label docker.io/library/busybox:1 terrarium.dev/stand-in=sha256:1`,
    ]);
  });

  it("names the image that could not be loaded, and why", async () => {
    const { options } = machine({ import: { code: 1, stderr: "no space left" } });
    await assert.rejects(loadImages(containerd, [image], options), {
      name: "ImageError",
      message: "docker.io/library/busybox:1 could not be loaded: ctr ended with 1:\nno space left",
    });
  });
});

describe("pulling images", () => {
  it("has containerd pull, and says nothing more when that works", async () => {
    const { calls, options } = machine();
    assert.equal(await pullInto(containerd, options)(image.reference), undefined);
    assert.deepEqual(calls, [`${ctr} pull docker.io/library/busybox:1`]);
  });

  it("has the container engine pull for kind", async () => {
    const { calls, options } = machine();
    assert.equal(await pullInto(kind, options)(image.reference), undefined);
    assert.deepEqual(calls, [
      "podman pull docker.io/library/busybox:1",
      "kind load docker-image docker.io/library/busybox:1 --name dev",
    ]);
  });

  it("gives the reason in one line when it does not work", async () => {
    const { options } = machine({ pull: { code: 1, stderr: "trying\nno such host" } });
    const reason = await pullInto(containerd, options)(image.reference);
    assert.equal(reason, "docker.io/library/busybox:1 can't be pulled: no such host");
  });
});
