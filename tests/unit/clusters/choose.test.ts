import assert from "node:assert/strict";
import { chooseCluster, type ClusterProviders, type ClusterWishes } from "../../../clusters/choose.ts";
import {
  type Availability,
  ClusterError,
  type ClusterProvider,
  type ProviderName,
} from "../../../clusters/provider.ts";

function provider(name: ProviderName, availability: Availability = { ok: true }): ClusterProvider {
  const unused = (): never => {
    throw new Error("choosing must not start, stop or inspect a cluster");
  };
  return { name, available: () => Promise.resolve(availability), up: unused, down: unused, status: unused };
}

const noRuntime = { ok: false, reason: "podman is not installed, docker does not run" } as const;

async function choose(wishes: ClusterWishes, providers: ClusterProviders): Promise<{ name: string; lines: string[] }> {
  const lines: string[] = [];
  const chosen = await chooseCluster(wishes, providers, (line) => lines.push(line));
  return { name: chosen.name, lines };
}

describe("choosing a cluster", () => {
  const all: ClusterProviders = {
    simulated: provider("simulated"),
    kind: provider("kind"),
    context: provider("context"),
  };

  it("takes kind where a container runtime runs", async () => {
    const { name, lines } = await choose({}, all);
    assert.equal(name, "kind");
    assert.deepEqual(lines, ["Cluster: kind (Podman or Docker runs on this machine)."]);
  });

  it("takes the simulated cluster where no container runtime runs, and says that pods are simulated", async () => {
    const { name, lines } = await choose({}, { ...all, kind: provider("kind", noRuntime) });
    assert.equal(name, "simulated");
    assert.deepEqual(lines, [
      "Cluster: simulated (no container runtime: podman is not installed, docker does not run). Its API is real; its pods are simulated.",
    ]);
  });

  it("prefers the context that the stack names to a local cluster", async () => {
    assert.equal((await choose({ namedContext: "work", recorded: "simulated" }, all)).name, "context");
  });

  it("lets --cluster go before the context that the stack names", async () => {
    assert.equal((await choose({ requested: "simulated", namedContext: "work" }, all)).name, "simulated");
  });

  it("stays with the cluster that the checkout already has", async () => {
    assert.equal((await choose({ recorded: "simulated" }, all)).name, "simulated");
  });

  it("does not take a context that an earlier run used, when the stack names none", async () => {
    assert.equal((await choose({ recorded: "context" }, all)).name, "kind");
  });

  it("refuses to leave a cluster that the checkout has for another kind", async () => {
    await assert.rejects(choose({ requested: "kind", recorded: "simulated" }, all), {
      name: "ClusterError",
      message: "This checkout has a simulated cluster. Run `terrarium down` before `--cluster kind`.",
    });
  });

  it("says which clusters there are when the wished kind is not part of this version", async () => {
    await assert.rejects(choose({ requested: "host" }, all), {
      name: "ClusterError",
      message: 'The cluster "host" is not available in this version. Choose one of: kind, simulated.',
    });
  });

  it("offers a kind as soon as it has a provider", async () => {
    assert.equal((await choose({ requested: "host" }, { ...all, host: provider("host") })).name, "host");
  });

  it("does not replace a wished cluster that cannot be used by another one", async () => {
    await assert.rejects(choose({ requested: "kind" }, { ...all, kind: provider("kind", noRuntime) }), ClusterError);
  });
});
