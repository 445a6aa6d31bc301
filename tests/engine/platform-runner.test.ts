import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { listProcesses } from "../../clusters/processes.ts";
import { waitUntil } from "../../clusters/wait-until.ts";
import type { OperationEvent, OperationKind, OperationRequest, Outcome } from "../../platform/domain/operation.ts";
import type { ConfiguredRunner } from "../../platform/runner/index.ts";
import { findSessions, sessionOf } from "../../platform/runner/sessions.ts";
import { openState } from "../../stacks/open-state.ts";
import type { EnvironmentSpec } from "../../spec/index.ts";
import { PROJECT } from "./checkout.ts";
import { sharedCheckout } from "./fixtures.ts";
import { runnerOn } from "./runner.ts";
import { smallEnvironment } from "./small-environment.ts";

const POLICY_PACK = join(PROJECT, "tests/engine/policy-pack");

interface Ended {
  readonly outcome: Outcome;
  readonly events: readonly OperationEvent[];
}

describe("the platform's runner", () => {
  const runners: ConfiguredRunner[] = [];
  const stacks = new Set<string>();
  const runner = async (settings: object = {}): Promise<ConfiguredRunner> => {
    const made = await runnerOn({ checkout: sharedCheckout().folder, settings });
    runners.push(made);
    return made;
  };
  after(async () => {
    const [last] = runners;
    for (const stack of stacks)
      if (last) assert.ok((await last.start(request("destroy", stack), () => undefined).done).ok, stack);
    for (const each of runners) each.close();
  });

  let count = 0;
  const request = (kind: OperationKind, stack: string, rest: Partial<OperationRequest> = {}): OperationRequest => {
    stacks.add(stack);
    return { id: `op-${(count += 1)}`, kind, stack, namespace: `preview-${stack}`, ...rest };
  };
  const apply = (stack: string, description: EnvironmentSpec = smallEnvironment(`preview-${stack}`), refresh = false) =>
    request("apply", stack, { description, refresh });
  const run = async (on: ConfiguredRunner, operation: OperationRequest): Promise<Ended> => {
    const events: OperationEvent[] = [];
    const outcome = await on.start(operation, (event) => events.push(event)).done;
    return { outcome, events };
  };
  const stagesOf = ({ events }: Ended) => events.flatMap((event) => (event.type === "stage" ? [event.stage] : []));
  const failureOf = ({ outcome }: Ended) => {
    assert.ok(!outcome.ok, JSON.stringify(outcome));
    return outcome;
  };
  const succeeded = (ended: Ended) => {
    const { outcome } = ended;
    assert.ok(outcome.ok, JSON.stringify(outcome));
    return { ...ended, outcome };
  };

  const kubectl = (args: readonly string[]) => sharedCheckout().run("kubectl", args);
  const namespaceExists = async (name: string) => (await kubectl(["get", "namespace", name])).code === 0;
  const state = () => openState(pathToFileURL(join(sharedCheckout().folder, ".terrarium/platform/state")).href);
  const locks = async (stack: string) => state()?.list(`.pulumi/locks/organization/preview-environments/${stack}/`);

  it("applies a description, leaves it alone, updates it, and destroys it with proof", async () => {
    const on = await runner();
    const created = succeeded(await run(on, apply("whole")));
    assert.deepEqual(stagesOf(created), ["unlock", "preview", "apply"]);
    const { diff, steps, addresses } = created.outcome;
    assert.equal(diff?.create, 30);
    assert.deepEqual(
      steps?.map(({ name }) => name),
      ["namespace", "network", "data stores", "migrations", "services"],
    );
    assert.ok(steps.every(({ seconds }) => seconds !== undefined));
    assert.deepEqual(addresses, { "shop-mf": "http://shop-mf:8080", "shop-worker": "http://shop-worker:8080" });
    assert.ok((await on.listStacks()).includes("whole"));

    const again = succeeded(await run(on, apply("whole")));
    assert.deepEqual(stagesOf(again), ["unlock", "preview"]);
    assert.deepEqual(again.outcome.diff, { create: 0, update: 0, replace: 0, delete: 0, same: 30, resources: [] });

    const newer = smallEnvironment("preview-whole", "1.1.0");
    const updated = succeeded(await run(on, apply("whole", newer)));
    const changed = updated.outcome.diff?.resources ?? [];
    assert.ok(changed.includes("replace Job/shop-migrate") && changed.includes("update Deployment/shop-mf"));

    assert.deepEqual(stagesOf(succeeded(await run(on, request("destroy", "whole")))), ["unlock", "destroy", "verify"]);
    assert.equal(await namespaceExists("preview-whole"), false);
    assert.ok(!(await on.listStacks()).includes("whole"));
    succeeded(await run(on, request("destroy", "whole")));
  });

  it("shows no secret in any event", async () => {
    const { events } = succeeded(await run(await runner(), apply("secrets")));
    const { items } = await sharedCheckout().kubectl<{ items: { data: Record<string, string> }[] }>([
      "get",
      "secrets",
      "--namespace",
      "preview-secrets",
    ]);
    const values = items.flatMap(({ data }) => Object.values(data));
    assert.ok(values.length >= 8);
    const text = JSON.stringify(events);
    for (const value of values) {
      assert.ok(!text.includes(value));
      assert.ok(!text.includes(Buffer.from(value, "base64").toString()));
    }
  });

  it("takes secrets from files, and their values show nowhere in the clear", async () => {
    const on = await runner();
    const value = `from-a-file-${randomBytes(12).toString("hex")}`;
    const token = join(sharedCheckout().folder, "token");
    writeFileSync(token, `${value}\n`);
    const spec = smallEnvironment("preview-configured");
    Object.assign(spec.services["shop-worker"] ?? {}, { secrets: { TOKEN: { config: "token" } } });
    const operation: OperationRequest = { ...apply("configured", spec), secretFiles: { token } };

    const events: OperationEvent[] = [];
    const shown: string[] = [];
    const running = on.start(operation, (event) => {
      events.push(event);
      // Its plan and half of its state are written by then.
      if (!isHalfWay(event)) return;
      shown.push(...whereShown(value), ...processesThatShow(value));
    });
    assert.ok((await running.done).ok);
    assert.ok(events.some(isHalfWay));
    assert.deepEqual([...shown, ...whereShown(value)], []);
    assert.ok(!JSON.stringify(events).includes(value));
    const { data } = await sharedCheckout().kubectl<{ data: Record<string, string> }>([
      ...["get", "secret", "shop-worker"],
      ...["--namespace", "preview-configured"],
    ]);
    assert.equal(Buffer.from(data["TOKEN"] ?? "", "base64").toString(), value);

    rmSync(token);
    const failure = failureOf(await run(on, operation));
    assert.match(failure.message, /The value of the secret "token" can't be read: ENOENT/);
    assert.equal(failure.retry, "transient");
  });

  it("finds what was changed by hand, and repairs it", async () => {
    const on = await runner();
    succeeded(await run(on, apply("drift")));
    const drift = async () => succeeded(await run(on, request("detect-drift", "drift"))).outcome.drift;
    assert.deepEqual(await drift(), []);
    await kubectl(["scale", "deployment/shop-mf", "--namespace", "preview-drift", "--replicas", "2"]);
    await kubectl(["delete", "configmap/shop-worker", "--namespace", "preview-drift"]);
    assert.deepEqual((await drift())?.toSorted(), [
      "ConfigMap/shop-worker: it is not there",
      "Deployment/shop-mf: spec.replicas",
    ]);
    succeeded(await run(on, apply("drift", undefined, true)));
    assert.deepEqual(await drift(), []);
  });

  it("removes a stack whose objects somebody has removed by hand", async () => {
    const on = await runner();
    succeeded(await run(on, apply("emptied")));
    await kubectl(["delete", "namespace", "preview-emptied"]);
    succeeded(await run(on, request("destroy", "emptied")));
    assert.ok(!(await on.listStacks()).includes("emptied"));
  });

  // It takes as long as a namespace may take to go: the other tests run meanwhile.
  let held: Promise<Ended>;
  before(async () => {
    const on = await runner();
    succeeded(await run(on, apply("held")));
    const place = ["configmap/held", "--namespace", "preview-held"];
    await kubectl(["create", "configmap", "held", "--namespace", "preview-held"]);
    await kubectl(["patch", ...place, "--type=merge", "--patch", '{"metadata":{"finalizers":["example.com/held"]}}']);
    held = run(on, request("destroy", "held"));
  });
  it("takes no namespace that is somebody else's, and goes on when that is gone", async () => {
    const on = await runner();
    await kubectl(["create", "namespace", "preview-taken"]);
    const failure = failureOf(await run(on, apply("taken")));
    assert.deepEqual([failure.reason, failure.retry], ["UpdateFailed", "transient"]);
    assert.match(failure.message, /^The namespace preview-taken is there already/);
    const { metadata } = await sharedCheckout().kubectl<{ metadata: { labels: Record<string, string> } }>([
      ...["get", "namespace", "preview-taken"],
    ]);
    assert.deepEqual(Object.keys(metadata.labels), ["kubernetes.io/metadata.name"]);
    succeeded(await run(on, request("destroy", "taken")));
    assert.equal(await namespaceExists("preview-taken"), true);
    await kubectl(["delete", "namespace", "preview-taken"]);
    succeeded(await run(on, apply("taken")));
  });

  it("changes nothing when a policy forbids it", async () => {
    const on = await runner({ policyPacks: [POLICY_PACK] });
    const spec = smallEnvironment("preview-forbidden");
    Object.assign(spec.services["shop-mf"] ?? {}, { image: "forbidden.example.com/shop:1.0.0" });
    const ended = await run(on, apply("forbidden", spec));
    assert.deepEqual([failureOf(ended).reason, failureOf(ended).retry], ["PolicyViolation", "terminal"]);
    assert.match(failureOf(ended).message, /no-forbidden-image: Deployment\/shop-mf-deployment: .*forbidden registry/s);
    assert.deepEqual(stagesOf(ended), ["unlock", "preview"]);
    assert.equal(await namespaceExists("preview-forbidden"), false);
  });

  it("lets advice of a policy pass into the log", async () => {
    const on = await runner({ policyPacks: [POLICY_PACK] });
    const spec = smallEnvironment("preview-advised");
    Object.assign(spec.services["shop-mf"] ?? {}, { replicas: 3 });
    const { events } = succeeded(await run(on, apply("advised", spec)));
    assert.ok(events.some((event) => event.type === "log" && event.message.startsWith("few-replicas: ")));
  });

  it("refuses a description that is wrong, before anything is touched", async () => {
    const spec = { ...smallEnvironment("preview-wrong"), tier: "gold" } as unknown as EnvironmentSpec;
    const failure = failureOf(await run(await runner(), apply("wrong", spec)));
    assert.deepEqual([failure.reason, failure.retry], ["InvalidSpec", "terminal"]);
    assert.match(failure.message, /tier: .*gold/s);
  });

  it("says that the cluster does not answer, and that a later try may succeed", async () => {
    const cluster = { kubeconfig: sharedCheckout().write("nowhere.json", NOWHERE), context: "nowhere" };
    const on = await runnerOn({ checkout: sharedCheckout().folder, cluster });
    runners.push(on);
    const failure = failureOf(await run(on, apply("unreachable")));
    assert.deepEqual([failure.reason, failure.retry], ["ClusterUnavailable", "transient"]);
  });

  describe("when an operation is cut off", () => {
    /** Runs an apply and calls `cut` when the database is being created. */
    const cutOff = async (on: ConfiguredRunner, stack: string, cut: (found: Processes, stop: () => void) => void) => {
      const events: OperationEvent[] = [];
      let found: Promise<Processes> | undefined;
      const running = on.start(apply(stack), (event) => {
        events.push(event);
        if (!isHalfWay(event)) return;
        found = findProcesses(stack);
        void found.then((processes) => {
          cut(processes, () => {
            running.cancel("something newer came");
          });
        });
      });
      const outcome = await running.done;
      assert.ok(found, "it came half-way");
      assert.equal((await findSessions([(await found).leader])).size, 0, "no process is left");
      return { outcome, events };
    };
    /** What must hold after everything that can happen: the next try converges and leaves no lock. */
    const converges = async (on: ConfiguredRunner, stack: string) => {
      const next = succeeded(await run(on, apply(stack)));
      assert.deepEqual(await locks(stack), []);
      assert.deepEqual(succeeded(await run(on, apply(stack))).outcome.diff?.resources, []);
      return next;
    };

    it("stops when it is asked to, saves its state, and goes on from there", async () => {
      const on = await runner();
      const ended = await cutOff(on, "cancelled", (_, stop) => {
        stop();
      });
      const { reason, retry, message } = failureOf(ended);
      assert.deepEqual([reason, retry, message], ["Cancelled", "transient", "something newer came"]);
      assert.deepEqual(await locks("cancelled"), []);
      await converges(on, "cancelled");
    });

    it("stops when its time is over", async () => {
      const failure = failureOf(await run(await runner({ timeout: "1s" }), apply("late")));
      assert.deepEqual([failure.reason, failure.retry], ["Timeout", "transient"]);
      await converges(await runner(), "late");
    });

    it("is killed when it takes more memory than it may, and is repaired by the next one", async () => {
      const failure = failureOf(await run(await runner({ memory: "150Mi" }), apply("large")));
      assert.equal(failure.reason, "OutOfMemory");
      await converges(await runner(), "large");
    });

    it("is repaired after its engine was killed", async () => {
      const on = await runner();
      const ended = await cutOff(on, "engine", ({ engine }) => process.kill(engine, "SIGKILL"));
      assert.equal(failureOf(ended).reason, "RunnerLost");
      const { events } = await converges(on, "engine");
      assert.ok(events.some((event) => event.type === "log" && /^Removing the lock/.test(event.message)));
    });

    it("is repaired after its own process was killed", async () => {
      const on = await runner();
      const ended = await cutOff(on, "process", ({ leader }) => process.kill(leader, "SIGKILL"));
      assert.equal(failureOf(ended).reason, "RunnerLost");
      await converges(on, "process");
    });

    it("ends by itself when the service was killed, and is repaired by the next service", async () => {
      const place = { checkout: sharedCheckout().folder };
      const script = join(PROJECT, "tests/engine/runner-service.ts");
      const service = spawn(process.execPath, [script, JSON.stringify(place), JSON.stringify(apply("service"))], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      for await (const line of createInterface({ input: service.stdout })) {
        if (isHalfWay(JSON.parse(line) as OperationEvent)) break;
      }
      const { leader } = await findProcesses("service");
      service.kill("SIGKILL");
      const left = async () => ((await findSessions([leader])).size > 0 ? "processes" : undefined);
      assert.equal(await waitUntil(left, { timeoutMs: 90_000 }), undefined);
      const folders = readdirSync(join(sharedCheckout().folder, ".terrarium/platform/operations"));
      const own = folders.filter((name) => name.includes(`.${leader}.`));
      assert.deepEqual(own, [], "the operation has removed its folder");
      await converges(await runner(), "service");
    });
  });

  it("names what holds a namespace, and keeps the stack until that is gone", async () => {
    const on = await runner();
    const failure = failureOf(await held);
    assert.deepEqual([failure.reason, failure.retry], ["NamespaceHeld", "waiting"], failure.message);
    assert.match(failure.message, /namespace preview-held: .*example\.com\/held/);
    assert.ok((await on.listStacks()).includes("held"));
    const place = ["configmap/held", "--namespace", "preview-held"];
    await kubectl(["patch", ...place, "--type=merge", "--patch", '{"metadata":{"finalizers":null}}']);
    succeeded(await run(on, request("destroy", "held")));
  });
});

const isHalfWay = (event: OperationEvent): boolean =>
  event.type === "resource" && event.resource === "StatefulSet/postgres" && event.state === "started";

/** Files of the platform that have a value in them, as it is or as a Secret has it. */
function whereShown(value: string): string[] {
  const forms = [value, Buffer.from(value).toString("base64"), Buffer.from(value).toString("hex")];
  const folder = join(sharedCheckout().folder, ".terrarium/platform");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.ok(files.length > 0);
  return files
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => {
      const text = existsSync(file) ? readFileSync(file, "latin1") : "";
      return forms.some((form) => text.includes(form));
    });
}

/** Processes that have a value among their arguments or variables. */
function processesThatShow(value: string): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) =>
    ["cmdline", "environ"].some((file) => {
      try {
        return readFileSync(`/proc/${pid}/${file}`, "latin1").includes(value);
      } catch {
        return false;
      }
    }),
  );
}

/** A kubeconfig whose server does not exist. */
const NOWHERE = {
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "nowhere", cluster: { server: "https://127.0.0.1:1" } }],
  contexts: [{ name: "nowhere", context: { cluster: "nowhere", user: "nobody" } }],
  users: [{ name: "nobody", user: {} }],
};

/** Processes of an operation: its engine, and its own one, which leads the session of all of them. */
interface Processes {
  readonly engine: number;
  readonly leader: number;
}

async function findProcesses(stack: string): Promise<Processes> {
  const all = await listProcesses();
  const engine = all.find(
    ({ commandLine }) => /\/pulumi up /.test(commandLine) && commandLine.includes(`--stack ${stack}`),
  );
  const leader = engine && sessionOf(engine.pid);
  if (engine === undefined || leader === undefined) throw new Error(`no engine works on ${stack}`);
  return { engine: engine.pid, leader };
}
