import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { listProcesses } from "../../clusters/processes.ts";
import type { OperationEvent, OperationKind, Outcome } from "../../platform/domain/operation.ts";
import type { ConfiguredRunner } from "../../platform/runner/index.ts";
import { sharedCheckout } from "./fixtures.ts";
import { runnerOn } from "./runner.ts";
import { type Bucket, startBucket } from "./s3-server.ts";
import { smallEnvironment } from "./small-environment.ts";

const DATA = "bucket";
const NAMESPACE = "preview-kept";

/** How an operation differs from those of the other tests. */
interface Differing {
  readonly version?: string;
  readonly stack?: string;
  readonly onEvent?: (event: OperationEvent) => void;
}

/** Sends a signal to the engine that works on a stack as soon as it changes something. @param sent gets its pid. */
function duringUpdate(stack: string, signal: NodeJS.Signals, sent: (pid: number) => void = () => undefined) {
  let isSent = false;
  const send = async (): Promise<void> => {
    const all = await listProcesses();
    const isEngine = (line: string) => /\/pulumi up /.test(line) && line.includes(`--stack ${stack}`);
    const engine = all.find(({ commandLine }) => isEngine(commandLine));
    if (engine === undefined) throw new Error(`no engine works on ${stack}`);
    process.kill(engine.pid, signal);
    sent(engine.pid);
  };
  return (event: OperationEvent): void => {
    if (isSent || event.type !== "resource" || event.state !== "started") return;
    isSent = true;
    void send();
  };
}

describe("the platform's state in a bucket", () => {
  let bucket: Bucket;
  let runner: ConfiguredRunner;
  /** What operations said, and every command line that was seen meanwhile. */
  const shown: string[] = [];

  before(async () => {
    bucket = await startBucket("environments");
    Object.assign(process.env, bucket.credentials);
    const settings = { state: { address: bucket.address } };
    runner = await runnerOn({ checkout: sharedCheckout().folder, data: DATA, settings });
  });
  after(async () => {
    runner.close();
    for (const name of Object.keys(bucket.credentials)) Reflect.deleteProperty(process.env, name);
    await bucket.stop();
  });

  async function run(kind: OperationKind, { version, stack = "kept", onEvent }: Differing = {}): Promise<Outcome> {
    const namespace = `preview-${stack}`;
    const description = kind === "apply" ? smallEnvironment(namespace, version) : undefined;
    const request = { id: `${kind}-${stack}`, kind, stack, namespace, description };
    const looks: Promise<unknown>[] = [];
    const running = runner.start(request, (event) => {
      shown.push(JSON.stringify(event));
      onEvent?.(event);
      if (event.type !== "stage" && event.type !== "steps") return;
      looks.push(listProcesses().then((all) => shown.push(...all.map(({ commandLine }) => commandLine))));
    });
    const outcome = await running.done;
    await Promise.all(looks);
    shown.push(JSON.stringify(outcome));
    return outcome;
  }
  async function succeeded(kind: OperationKind, differing?: Differing) {
    const outcome = await run(kind, differing);
    assert.ok(outcome.ok, JSON.stringify(outcome));
    return outcome;
  }

  it("has the stack of an environment that is made", async () => {
    assert.deepEqual(await runner.listStacks(), []);
    assert.ok((await succeeded("apply")).diff?.resources.includes("create Deployment/shop-mf"));
    assert.deepEqual(await runner.listStacks(), ["kept"]);
  });

  it("has all that is needed to leave it alone, and to change it", async () => {
    assert.deepEqual((await succeeded("apply")).diff?.resources, []);
    assert.ok((await succeeded("apply", { version: "1.1.0" })).diff?.resources.includes("update Deployment/shop-mf"));
  });

  it("has nothing any more when it is removed, which may be done again", async () => {
    await succeeded("destroy");
    assert.deepEqual(await runner.listStacks(), []);
    await succeeded("destroy");
  });

  it("loses the lock of an engine that was killed, with the next operation", async () => {
    const killed = await run("apply", { stack: "cut", onEvent: duringUpdate("cut", "SIGKILL") });
    assert.ok(!killed.ok);
    assert.equal(killed.reason, "RunnerLost");
    const said: string[] = [];
    const onEvent = (event: OperationEvent) => event.type === "log" && said.push(event.message);
    await succeeded("apply", { stack: "cut", onEvent });
    assert.ok(
      said.some((message) => /^Removing the lock .*: that process has ended\.$/.test(message)),
      String(said),
    );
    assert.deepEqual((await succeeded("apply", { stack: "cut" })).diff?.resources, []);
  });

  it("keeps the lock of an engine that lives", async () => {
    let first: Promise<Outcome> | undefined;
    const engine = await new Promise<number>((held) => {
      first = run("apply", { stack: "cut", version: "1.1.0", onEvent: duringUpdate("cut", "SIGSTOP", held) });
    });
    try {
      // The second one finds the lock that the first one found.
      for (const version of ["1.2.0", "1.3.0"]) {
        const other = await run("apply", { stack: "cut", version });
        assert.ok(!other.ok);
        assert.equal(other.reason, "StateLocked");
        assert.match(other.message, new RegExp(`is being updated since .*, process ${engine}\\)`));
      }
    } finally {
      process.kill(engine, "SIGCONT");
    }
    assert.ok((await first)?.ok);
    await succeeded("destroy", { stack: "cut" });
  });

  it("is reached with credentials that stand in no event, no command line and no file", () => {
    const secret = bucket.credentials.AWS_SECRET_ACCESS_KEY;
    assert.ok(shown.some((text) => /pulumi (preview|up) /.test(text)));
    assert.equal(shown.filter((text) => text.includes(secret)).length, 0);
    const data = join(sharedCheckout().folder, ".terrarium", DATA);
    const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    assert.ok(files.length > 0);
    for (const { parentPath, name } of files) {
      assert.ok(!readFileSync(join(parentPath, name), "utf8").includes(secret), name);
    }
  });

  it("that refuses the credentials changes nothing, and nobody takes it for empty", async () => {
    process.env["AWS_SECRET_ACCESS_KEY"] = "another-secret-altogether";
    const refused = await runnerOn({
      checkout: sharedCheckout().folder,
      data: DATA,
      settings: { state: { address: bucket.address }, spare: 0 },
    });
    const description = smallEnvironment(NAMESPACE);
    const request = { id: "apply-refused", kind: "apply", stack: "kept", namespace: NAMESPACE, description } as const;
    const outcome = await refused.start(request, () => undefined).done;
    assert.ok(!outcome.ok);
    assert.match(outcome.message, /SignatureDoesNotMatch/);
    assert.ok(!outcome.message.includes("another-secret-altogether"));
    await assert.rejects(refused.listStacks(), /can't be listed: .*403/s);
    assert.notEqual((await sharedCheckout().run("kubectl", ["get", "namespace", NAMESPACE])).code, 0);
  });
});
