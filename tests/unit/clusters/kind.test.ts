import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { KindCluster } from "../../../clusters/kind.ts";
import { localPaths } from "../../../clusters/local-paths.ts";
import type { Toolchain } from "../../../clusters/toolchain/index.ts";
import { type ScratchFolder, useScratchFolder } from "./scratch-folder.ts";

/** kind as far as its callers see it: a file stands for the cluster. */
const fakeKind = (folder: string): string => `
printf '%s\\n' "provider $KIND_EXPERIMENTAL_PROVIDER" >> '${folder}/calls.log'
case "$1 $2" in
  "create cluster") shift 2; while [ $# -gt 0 ]; do [ "$1" = --name ] && echo "$2" > '${folder}/cluster'; [ "$1" = --kubeconfig ] && echo k > "$2"; shift; done ;;
  "delete cluster") rm -f '${folder}/cluster' ;;
  "get clusters") cat '${folder}/cluster' 2>/dev/null || true ;;
  "get nodes") echo node-a; echo node-b ;;
esac`;

function cluster(scratch: ScratchFolder, lines: string[] = []): KindCluster {
  const toolchain: Toolchain = {
    binDir: join(scratch.path, "bin"),
    path: (binary) => join(scratch.path, "bin", binary),
    asset: (name) => Promise.resolve(`/assets/${name}`),
    env: {},
  };
  return new KindCluster({
    paths: localPaths(scratch.path),
    env: scratch.env,
    say: (line) => lines.push(line),
    toolchain: () => Promise.resolve(toolchain),
  });
}

/** The calls without the variable part: paths and the cluster's name. */
function steps(scratch: ScratchFolder): string[] {
  const { clusterName, root } = localPaths(scratch.path);
  return scratch
    .calls()
    .filter((line) => !line.startsWith("provider "))
    .map((line) => line.replaceAll(root, "ROOT").replaceAll(clusterName, "NAME"));
}

describe("a kind cluster", () => {
  const scratch = useScratchFolder();

  beforeEach(() => {
    scratch().program("podman", "exit 0");
    scratch().program("docker", "exit 0");
    scratch().program("kind", fakeKind(scratch().path));
    scratch().program("kubectl", "exit 0");
  });

  it("is created with its network before anything waits for nodes", async () => {
    const access = await cluster(scratch()).up();
    assert.deepEqual(steps(scratch()), [
      "podman info",
      "kind get clusters",
      "kind create cluster --name NAME --config ROOT/kind/kind.json --kubeconfig ROOT/kubeconfig --wait 0s",
      "kubectl --kubeconfig ROOT/kubeconfig apply --server-side --force-conflicts -f /assets/calico",
      "kubectl --kubeconfig ROOT/kubeconfig rollout status daemonset/calico-node -n kube-system --timeout=300s",
      "kubectl --kubeconfig ROOT/kubeconfig wait --for=condition=Ready nodes --all --timeout=300s",
      "kubectl --kubeconfig ROOT/kubeconfig apply --server-side --force-conflicts -f /assets/gateway-api",
    ]);
    assert.equal(access.context, `kind-${localPaths(scratch().path).clusterName}`);
    assert.equal(access.simulatedPods, false);
    assert.equal(access.origin, "created");
  });

  it("is configured without kind's own network", async () => {
    await cluster(scratch()).up();
    const config = JSON.parse(readFileSync(join(scratch().path, ".terrarium/kind/kind.json"), "utf8")) as {
      networking: unknown;
    };
    assert.deepEqual(config.networking, { disableDefaultCNI: true, podSubnet: "10.244.0.0/16" });
  });

  it("prefers Podman and tells kind so", async () => {
    await cluster(scratch()).up();
    assert.deepEqual(
      [
        ...new Set(
          scratch()
            .calls()
            .filter((line) => line.startsWith("provider ")),
        ),
      ],
      ["provider podman"],
    );
  });

  it("runs on Docker where Podman does not answer", async () => {
    scratch().program("podman", "exit 125");
    await cluster(scratch()).up();
    assert.ok(scratch().calls().includes("provider docker"));
    assert.ok(!scratch().calls().includes("provider podman"));
  });

  it("cannot be used without a container runtime, and says what each one lacks", async () => {
    scratch().program("podman", "exit 127");
    scratch().program("docker", "echo no daemon >&2; exit 1");
    assert.deepEqual(await cluster(scratch()).available(), {
      ok: false,
      reason: "podman is not installed, docker does not run",
    });
  });

  it("is left as it is by a second up", async () => {
    await cluster(scratch()).up();
    const before = steps(scratch()).length;
    assert.equal((await cluster(scratch()).up()).origin, "running");
    assert.deepEqual(steps(scratch()).slice(before), [
      "podman info",
      "kind get clusters",
      "kubectl --kubeconfig ROOT/kubeconfig get --raw /readyz --request-timeout=5s",
    ]);
  });

  it("has its stopped containers started after a restart of the machine", async () => {
    await cluster(scratch()).up();
    scratch().program("kubectl", 'case "$*" in *readyz*) exit 1 ;; esac');
    const lines: string[] = [];
    assert.equal((await cluster(scratch(), lines).up()).origin, "restarted");
    assert.ok(steps(scratch()).includes("podman start node-a node-b"));
    assert.equal(lines.length, 1);
  });

  it("is made anew when its first start was interrupted", async () => {
    scratch().program("kubectl", 'case "$*" in *rollout*) exit 1 ;; esac');
    await assert.rejects(cluster(scratch()).up(), { name: "ClusterError" });
    scratch().program("kubectl", "exit 0");
    assert.equal((await cluster(scratch()).up()).origin, "created");
    assert.ok(steps(scratch()).includes("kind delete cluster --name NAME --kubeconfig ROOT/kubeconfig"));
  });

  it("loads a local image through an archive, which works with every engine", async () => {
    await cluster(scratch()).up();
    await cluster(scratch()).loadImage("guestbook:dev");
    const [save, load] = steps(scratch()).slice(-2);
    assert.match(save ?? "", /^podman save --output \S+\/image\.tar guestbook:dev$/);
    assert.match(load ?? "", /^kind load image-archive \S+\/image\.tar --name NAME$/);
  });

  it("leaves no file behind when it is removed, and removing it again does nothing", async () => {
    await cluster(scratch()).up();
    await cluster(scratch()).down();
    assert.equal(existsSync(join(scratch().path, ".terrarium/kind")), false);
    assert.equal(existsSync(join(scratch().path, ".terrarium/kubeconfig")), false);
    const before = scratch().calls().length;
    await cluster(scratch()).down();
    assert.equal(scratch().calls().length, before);
    assert.deepEqual(await cluster(scratch()).status(), { phase: "absent" });
  });

  it("names the containers that are left when they cannot be removed", async () => {
    await cluster(scratch()).up();
    scratch().program("podman", '[ "$1" = ps ] && echo stubborn; exit 0');
    await assert.rejects(cluster(scratch()).down(), {
      name: "ClusterError",
      message: "Containers of the kind cluster are left: stubborn. Remove them by hand.",
    });
  });
});
