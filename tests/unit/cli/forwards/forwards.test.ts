import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { Forwards, type ForwardsFile } from "../../../../cli/forwards/index.ts";
import { portIsFree } from "../../../../clusters/free-ports.ts";
import { localPaths } from "../../../../clusters/local-paths.ts";
import type { ClusterAccess } from "../../../../clusters/provider.ts";
import { resolveEnvironment } from "../../../../spec/index.ts";
import { useScratchFolder } from "../../clusters/scratch-folder.ts";
import { withService } from "../../spec/environments.ts";
import { KUBECTL } from "../kind-machine.ts";

describe("port-forwards", () => {
  // In front of the folder's own: they end while it is there.
  afterEach(() => forwards().stop());
  const scratch = useScratchFolder();
  const forwards = (): Forwards => new Forwards(localPaths(scratch().path));
  const start = (ports: Record<string, number> = { http: 8080, metrics: 9464 }): Promise<ForwardsFile> => {
    const access: ClusterAccess = {
      provider: "kind",
      kubeconfig: "/k",
      context: "c",
      simulatedPods: false,
      origin: "running",
    };
    const environment = resolveEnvironment(withService({ ports }, { observability: { enabled: false } }));
    return forwards().start("dev", environment, access, join(scratch().path, "bin/kubectl"));
  };

  beforeEach(() => {
    scratch().program("kubectl", KUBECTL);
  });

  it("lead to the Services by way of kubectl, each from a port of its own", async () => {
    const { forwards: open } = await start();
    const where = "kubectl --kubeconfig /k --context c --namespace shop-dev port-forward --address 127.0.0.1";
    assert.deepEqual(
      scratch().calls().sort(),
      open.map(({ service, port, localPort }) => `${where} service/${service} ${localPort}:${port}`).sort(),
    );
    assert.equal(new Set(open.map(({ localPort }) => localPort)).size, 2);
    assert.equal(await forwards().running(), true);
  });

  it("stay as they are when they are opened again", async () => {
    const first = await start();
    const before = scratch().calls().length;
    assert.deepEqual(await start(), first);
    assert.equal(scratch().calls().length, before);
  });

  it("keep their ports when others are added, and leave ports alone that are taken", async () => {
    const { forwards: before } = await start();
    const taken = await listenBehind(before.map(({ localPort }) => localPort));
    try {
      const { forwards: now } = await start({ admin: 9000, http: 8080, metrics: 9464 });
      assert.deepEqual(now.slice(1), before);
      assert.ok(![...before.map(({ localPort }) => localPort), taken.port].includes(now[0]?.localPort ?? 0));
    } finally {
      taken.server.close();
    }
  });

  it("are opened again when kubectl ends, as it does with the pod", async () => {
    const once = `[ -e '${scratch().path}/ended' ] || { : > '${scratch().path}/ended'; exit 1; }`;
    scratch().program("kubectl", `${once}\n${KUBECTL}`);
    await start({ http: 8080 });
    assert.equal(scratch().calls().length, 2);
  });

  it("are closed with everything that kept them open", async () => {
    const { forwards: open } = await start();
    await forwards().stop();
    assert.equal(await forwards().running(), false);
    assert.equal(existsSync(join(scratch().path, ".terrarium/forwards.json")), false);
    for (const { localPort } of open) {
      const deadline = Date.now() + 5000;
      while (!(await portIsFree(localPort)) && Date.now() < deadline);
      assert.ok(await portIsFree(localPort), `${localPort} is open`);
    }
  });

  it("are none before they are opened", async () => {
    assert.equal(forwards().read(), undefined);
    assert.equal(await forwards().running(), false);
  });
});

/** Takes the port that the next forward would get. */
async function listenBehind(ports: readonly number[]): Promise<{ server: Server; port: number }> {
  let port = Math.max(...ports) + 1;
  while (!(await portIsFree(port))) port += 1;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { server, port };
}
