import assert from "node:assert/strict";
import { listProcesses } from "../../clusters/processes.ts";
import type { OperationEvent, OperationKind, Outcome } from "../../platform/domain/operation.ts";
import type { ConfiguredRunner } from "../../platform/runner/index.ts";
import { postgresState } from "../../stacks/postgres-state.ts";
import { sharedCheckout } from "./fixtures.ts";
import { postgresPrograms, type PostgresServer, startPostgres } from "./postgres-server.ts";
import { runnerOn } from "./runner.ts";
import { smallEnvironment } from "./small-environment.ts";

const programs = postgresPrograms();

if (programs === undefined) {
  console.log(
    "state in Postgres: not tried, this machine has no PostgreSQL server; `npm run test guestbook` installs one",
  );
} else {
  describe("the platform's state in Postgres", () => {
    let server: PostgresServer;
    const replicas: ConfiguredRunner[] = [];
    before(async () => {
      server = await startPostgres(programs);
      const settings = { state: { address: server.address } };
      // Both have one passphrase, as replicas have one Secret.
      for (let replica = 0; replica < 2; replica += 1) {
        replicas.push(await runnerOn({ checkout: sharedCheckout().folder, data: "replicas", settings }));
      }
    });
    after(async () => {
      for (const replica of replicas) replica.close();
      await server.stop();
    });

    const run = async (
      replica: number,
      kind: OperationKind,
      listen: (event: OperationEvent) => void = () => undefined,
    ) => {
      const namespace = "preview-shared";
      const description = kind === "apply" ? smallEnvironment(namespace) : undefined;
      const request = { id: `${kind}-${replica}`, kind, stack: "shared", namespace, description };
      const running = replicas[replica]?.start(request, listen);
      assert.ok(running);
      return running.done;
    };
    const succeeded = (outcome: Outcome) => {
      assert.ok(outcome.ok, JSON.stringify(outcome));
      return outcome;
    };
    const keys = async (prefix: string) => {
      const state = postgresState(server.address);
      try {
        return await state.list(prefix);
      } finally {
        await state.close();
      }
    };

    it("is shared by two services: one goes on where the other was cut off", async () => {
      const shown: string[] = [];
      const cut = await run(0, "apply", (event) => {
        if (event.type !== "resource" || event.resource !== "StatefulSet/postgres" || event.state !== "started") return;
        void listProcesses().then((all) => {
          shown.push(...all.map(({ commandLine }) => commandLine).filter((line) => line.includes(server.password)));
          const engine = all.find(
            ({ commandLine }) => /\/pulumi up /.test(commandLine) && commandLine.includes("--stack shared"),
          );
          if (engine !== undefined) process.kill(engine.pid, "SIGKILL");
        });
      });
      assert.ok(!cut.ok);
      assert.equal(cut.reason, "RunnerLost");
      assert.deepEqual(shown, [], "no process shows the password");
      assert.equal((await keys(".pulumi/locks/")).length, 1);

      const said: string[] = [];
      const outcome = succeeded(await run(1, "apply", (event) => event.type === "log" && said.push(event.message)));
      const changed = outcome.diff?.resources ?? [];
      assert.ok(changed.includes("create Deployment/shop-mf") && !changed.includes("create Namespace/preview-shared"));
      assert.match(said.join("\n"), /^Removing the lock/m);
      assert.deepEqual(await keys(".pulumi/locks/"), []);
      assert.deepEqual(await replicas[0]?.listStacks(), ["shared"]);
      assert.deepEqual(succeeded(await run(0, "apply")).diff?.resources, []);
    });

    it("is empty again when its stacks are removed", async () => {
      succeeded(await run(1, "destroy"));
      assert.deepEqual(await replicas[0]?.listStacks(), []);
      assert.deepEqual(await keys(".pulumi/stacks/"), []);
      assert.deepEqual(await keys(".pulumi/history/"), []);
    });
  });
}
