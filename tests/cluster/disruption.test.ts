import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { checkout, eventually, kubectl, objectsIn, unique } from "./stack.ts";

/** Tests that end pods have an environment of their own, and run one after the other. */
describe("an environment whose pods are ended and replaced", () => {
  const stack = unique("disruption");
  const { namespace, run, read, secret, sql } = objectsIn(`guestbook-${stack}`);
  const file = join(checkout, `Pulumi.${stack}.yaml`);

  const up = async (postgres: object): Promise<void> => {
    const config = {
      "terrarium:tier": "dev",
      "terrarium:base": "examples/guestbook/environment.yaml",
      "terrarium:observability": { enabled: false },
      "terrarium:dataStores": { postgres },
    };
    writeFileSync(file, stringify({ config }));
    await terrarium("up");
  };
  const terrarium = (...args: string[]) =>
    promisify(execFile)(process.execPath, ["cli/main.ts", ...args, "--stack", stack], {
      cwd: checkout,
      env: { ...process.env, CI: "true" },
      maxBuffer: 64 * 1024 * 1024,
    });
  const uidOf = async (pod: string) => (await read<{ metadata: { uid: string } }>("pod", pod)).metadata.uid;
  const proxy = (service: string, path: string) =>
    `/api/v1/namespaces/${namespace}/services/${service}:http/proxy${path}`;

  /** Ends a pod, at once as a node that fails does, and waits for the one that takes its place. */
  const replace = async (pod: string, ...options: string[]): Promise<void> => {
    const before = await uidOf(pod);
    await run(["delete", "pod", pod, ...options]);
    await eventually("a new pod", async () => ((await uidOf(pod)) === before ? undefined : true), {
      timeoutMs: 60_000,
    });
    await run(["wait", "--for=condition=Ready", `pod/${pod}`, "--timeout=90s"]);
  };
  const kill = (pod: string) => replace(pod, "--grace-period=0", "--force");

  /** Reads through the API server's proxy, which knows the pods that a Service leads to, while something happens. */
  const readWhile = async (path: string, happening: () => Promise<unknown>): Promise<void> => {
    const reads = { ok: 0, failed: [] as string[] };
    let reading = true;
    const reader = (async () => {
      while (reading) {
        const { code, stderr } = await kubectl(["get", "--raw", path]);
        if (code === 0) reads.ok++;
        else reads.failed.push(stderr);
      }
    })();
    try {
      await happening();
    } finally {
      reading = false;
      await reader;
    }
    assert.ok(reads.ok > 5, String(reads.ok));
    assert.deepEqual(reads.failed, []);
  };

  before(() => up({}));
  after(async () => {
    await terrarium("down", "--delete-data");
    rmSync(file, { force: true });
  });

  it("keeps the auth service's signing key and name through a restart, without a volume", async () => {
    const keys = () => run(["get", "--raw", proxy("guestbook-auth", "/keys")]);
    const before = await keys();
    assert.match(before, /"kid":"guestbook-auth-0\./);
    await replace("guestbook-auth-0");
    assert.equal(await eventually("the key", keys), before);
  });

  it("keeps what is in Postgres through the sudden end of its pod, and the API comes back by itself", async () => {
    await sql("SET ROLE guestbook; CREATE TABLE kept (value text); INSERT INTO kept VALUES ('kept')");
    await kill("postgres-0");
    assert.deepEqual(await sql("SELECT value FROM kept"), ["kept"]);
    await eventually("the API", () => run(["get", "--raw", proxy("guestbook-backend", "/api/entries/similar?q=any")]));
  });

  it("keeps what is in Redis through the sudden end of its pod", async () => {
    const redis = (...command: string[]) => run(["exec", "redis-0", "--", "redis-cli", ...command]);
    await redis("SET", "kept", "kept");
    await redis("BGREWRITEAOF");
    await eventually("the file rewritten", async () =>
      /aof_rewrite_in_progress:0\s+aof_rewrite_scheduled:0/.test(await redis("INFO", "persistence")) ? true : undefined,
    );
    await kill("redis-0");
    assert.equal((await redis("GET", "kept")).trim(), "kept");
  });

  it("answers every request while a rolling update replaces the pods of a service", async () => {
    const health = () => run(["get", "--raw", proxy("guestbook-backend", "/ready")]);
    await eventually("the backend", health);
    await readWhile(proxy("guestbook-backend", "/api/entries/similar?q=any"), async () => {
      await run(["rollout", "restart", "deployment/guestbook-backend"]);
      await run(["rollout", "status", "deployment/guestbook-backend", "--timeout=90s"]);
    });
  });

  it("moves its clients to a new password of Postgres without a failed read and without a restart of it", async () => {
    const psql = (user: string, password: string, statement: string) => {
      // The address is read from standard input, so that the password is no argument in the pod.
      const script = 'read -r url; exec psql --no-psqlrc -At "$url"';
      const input = `postgresql://${user}:${password}@127.0.0.1/guestbook\n${statement}\n`;
      return kubectl(
        ["--namespace", namespace, "exec", "-i", "postgres-0", "-c", "postgres", "--", "sh", "-c", script],
        input,
      );
    };
    const password = async () => (await secret("postgres"))["password"] ?? "";
    const server = async () => {
      const { metadata, status } = await read<{
        metadata: { uid: string };
        status: { containerStatuses: { restartCount: number }[] };
      }>("pod", "postgres-0");
      return [metadata.uid, ...status.containerStatuses.map(({ restartCount }) => restartCount)];
    };
    const [before, old] = [await server(), await password()];
    await readWhile(proxy("guestbook-backend", "/api/entries/similar?q=any"), () => up({ passwordRotation: 1 }));
    assert.deepEqual(await server(), before);
    const current = await password();
    assert.notEqual(current, old);
    const asked = "SELECT session_user || ' acts as ' || current_user;";
    assert.equal((await psql("guestbook_b", current, asked)).stdout.trim(), "guestbook_b acts as guestbook");
    assert.equal((await psql("guestbook_a", old, asked)).stdout.trim(), "guestbook_a acts as guestbook");
    assert.notEqual((await psql("guestbook_b", old, asked)).code, 0, "the old password is not the new role's");
    await eventually("all clients to have moved", async () => {
      const others =
        "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'guestbook' AND usename <> 'postgres'";
      return (await sql(others)).join() === "guestbook_b" ? true : undefined;
    });
  });

  describe("whose network policies are changed behind its back", () => {
    /** Connections that are not as declared, as "from to port: expected got". */
    const differences = async (): Promise<string[]> => {
      const failed = await terrarium("netcheck", "-o", "json", "--only-differences").catch(
        (error: unknown) => error as { code: number; stdout: string },
      );
      assert.equal("code" in failed ? failed.code : 0, 1);
      const { checks } = JSON.parse(failed.stdout) as {
        checks: { from: string; to: string; port: number; expected: string; got: string }[];
      };
      return [
        ...new Set(checks.map(({ from, to, port, expected, got }) => `${from} ${to} ${port}: ${expected} ${got}`)),
      ];
    };

    it("is told by netcheck that a declared connection is closed, when a rule is deleted", async () => {
      interface Policy {
        spec: { ingress: object[] };
      }
      const { spec } = await read<Policy>("networkpolicy", "guestbook-auth");
      const patch = (ingress: object[]) =>
        run([
          "patch",
          "networkpolicy",
          "guestbook-auth",
          "--type=merge",
          "--patch",
          JSON.stringify({ spec: { ingress } }),
        ]);
      await patch(spec.ingress.slice(1));
      try {
        assert.deepEqual(await differences(), [
          "guestbook-backend guestbook-auth 8080: open closed",
          "guestbook-backend service/guestbook-auth 8080: open closed",
        ]);
      } finally {
        await patch(spec.ingress);
      }
    });

    it("is told by netcheck that a connection is open that nobody declared", async () => {
      const [from, to] = ["guestbook-mf", "redis"].map((name) => ({ matchLabels: { "app.kubernetes.io/name": name } }));
      const ports = [{ port: 6379, protocol: "TCP" }];
      const metadata = { name: "stray", namespace };
      const shared = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" };
      const egress = [{ to: [{ podSelector: to }], ports }];
      const ingress = [{ from: [{ podSelector: from }], ports }];
      const stray = [
        {
          ...shared,
          metadata: { ...metadata, name: "stray-egress" },
          spec: { podSelector: from, policyTypes: ["Egress"], egress },
        },
        {
          ...shared,
          metadata: { ...metadata, name: "stray-ingress" },
          spec: { podSelector: to, policyTypes: ["Ingress"], ingress },
        },
      ];
      await run(["create", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: stray }));
      try {
        assert.deepEqual(await differences(), ["guestbook-mf redis 6379: closed open"]);
      } finally {
        await run(["delete", "networkpolicy", "stray-egress", "stray-ingress"]);
      }
    });
  });
});
