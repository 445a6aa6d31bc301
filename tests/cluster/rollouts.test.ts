import assert from "node:assert/strict";
import { eventually } from "./eventually.ts";
import { kubectl } from "./kubectl.ts";
import { OwnEnvironment } from "./own-environment.ts";
import { type ReaderArgs, type Reads, readWhile } from "./read-while.ts";

const environment = new OwnEnvironment("rollouts");
const { namespace, run, read, secret, sql } = environment.objects;

/** The API as the pages see it; each answer comes from Postgres. */
const api: ReaderArgs = {
  objects: environment.objects,
  as: "guestbook-mf",
  url: "http://guestbook-backend:8080/api/entries/similar?q=any",
};

/** Names of a service's pods that are not on their way out. */
async function podsOf(service: string): Promise<string[]> {
  const { items } = await read<{ items: { metadata: { name: string; deletionTimestamp?: string } }[] }>(
    ...["pods", "--selector", `terrarium.dev/workload=${service}`],
  );
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name);
}

describe("when a rolling update replaces the pods of all services", () => {
  const services = ["guestbook-backend", "guestbook-mf", "guestbook-worker"];
  const deployments = services.map((name) => `deployment/${name}`);
  const found: { pods: string[]; reads: Reads } = { pods: [], reads: { ok: 0, failed: [] } };

  before(async () => {
    found.pods = (await Promise.all(services.map(podsOf))).flat();
    found.reads = await readWhile(api, async () => {
      await run(["rollout", "restart", ...deployments]);
      await Promise.all(deployments.map((name) => run(["rollout", "status", name, "--timeout=180s"])));
    });
  });

  it("every one of their pods is a new one", async () => {
    const pods = (await Promise.all(services.map(podsOf))).flat();
    assert.equal(pods.length, services.length, pods.join());
    assert.deepEqual(
      pods.filter((name) => found.pods.includes(name)),
      [],
    );
  });

  it("every request to the API is answered", () => {
    assert.deepEqual(found.reads.failed, []);
    assert.ok(found.reads.ok > 10, String(found.reads.ok));
  });
});

describe("when Postgres gets a new password", () => {
  interface Login {
    readonly user: string;
    readonly password: string;
  }
  const password = async () => (await secret("postgres"))["password"] ?? "";
  /** The two roles take turns. */
  const role = (rotation: number) => (rotation % 2 === 0 ? "guestbook_a" : "guestbook_b");
  const server = async () => {
    const { metadata, status } = await read<{
      metadata: { uid: string };
      status: { containerStatuses: { restartCount: number }[] };
    }>("pod", "postgres-0");
    return [metadata.uid, ...status.containerStatuses.map(({ restartCount }) => restartCount)];
  };
  /** Who the server takes a client for; undefined when it refuses the client. */
  const whoIs = async ({ user, password }: Login): Promise<string | undefined> => {
    // The address is read from standard input, so that the password is no argument in the pod.
    const script = 'read -r url; exec psql --no-psqlrc -At "$url"';
    const statement = "SELECT session_user || ' acts as ' || current_user;";
    const exec = ["--namespace", namespace, "exec", "-i", "postgres-0", "-c", "postgres", "--", "sh", "-c", script];
    const { code, stdout } = await kubectl(
      exec,
      `postgresql://${user}:${password}@127.0.0.1/guestbook\n${statement}\n`,
    );
    return code === 0 ? stdout.trim() : undefined;
  };
  let earlier: { readonly server: unknown; readonly login: Login };
  let login: Login;
  let reads: Reads;

  before(async () => {
    const rotation = environment.passwordRotation;
    earlier = { server: await server(), login: { user: role(rotation), password: await password() } };
    reads = await readWhile(api, () => environment.up(rotation + 1));
    login = { user: role(rotation + 1), password: await password() };
  });

  it("every request to the API is answered", () => {
    assert.deepEqual(reads.failed, []);
    assert.ok(reads.ok > 10, String(reads.ok));
  });

  it("its server is not restarted", async () => {
    assert.deepEqual(await server(), earlier.server);
  });

  it("the password is that of the other role, which acts as the owner of the data", async () => {
    assert.notEqual(login.password, earlier.login.password);
    assert.equal(await whoIs(login), `${login.user} acts as guestbook`);
    assert.equal(await whoIs({ ...login, password: earlier.login.password }), undefined);
  });

  it("the password before is valid until the next rotation", async () => {
    assert.equal(await whoIs(earlier.login), `${earlier.login.user} acts as guestbook`);
  });

  it("all clients move to it", async () => {
    const clients =
      "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'guestbook' AND usename <> 'postgres'";
    await eventually("all clients", async () => ((await sql(clients)).join() === login.user ? true : undefined));
  });
});
