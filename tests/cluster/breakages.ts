import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { lockOf } from "../engine/breakages.ts";
import { type Undo, undoAll } from "../engine/broken-cluster.ts";
import { type Breakage, orUndo, script, setTemporary, variant } from "./breaking.ts";
import type { BrokenEnvironment } from "./broken-environment.ts";
import { checkout } from "./stack.ts";

/** A probe that is asked at once, for what the program does not have. */
const failing = { httpGet: { path: "/nope", port: "http" }, initialDelaySeconds: 1, periodSeconds: 1 };
/** A number that no process has. */
const NO_PROCESS = 2 ** 22 + 1;
const POLICY = "networking.k8s.io/v1/networkpolicies";
const [SERVER, CLIENT] = ["server", "client"];

/** In the order in which they are tried in each environment. */
export const BREAKAGES: readonly Breakage[] = [
  {
    name: "too little memory",
    environment: "doctor-starts",
    firstLine:
      /^Deployment no-memory is (most likely )?killed for lack of memory: container server needs more than its limit of 64Mi\.$/,
    // The runtime may hear of the end before the kernel's word on its cause.
    apply: variant("no-memory", /"exitCode":137,/, ({ spec: { containers } }) => {
      containers[0].command = script("const kept = []; for (;;) kept.push(Buffer.alloc(2 ** 20, 1));");
      containers[0].resources.limits["memory"] = "64Mi";
      containers[0].resources.requests["memory"] = "32Mi";
    }),
  },
  {
    name: "a command that the image does not have",
    environment: "doctor-starts",
    firstLine: /^Deployment no-program has a container that can't be started: exec: "nope": executable file not found/,
    apply: variant("no-program", /executable file not found/, ({ spec: { containers } }) => {
      containers[0].command = ["nope"];
    }),
  },
  {
    name: "a program that ends with an error",
    environment: "doctor-starts",
    firstLine:
      /^Deployment no-start ends again and again: container server exits with code 1 \(Error: PORT is not set\)\.$/,
    apply: variant("no-start", /"exitCode":1,/, ({ spec: { containers } }) => {
      containers[0].command = script("console.error('Error: PORT is not set'); process.exit(1);");
    }),
  },
  {
    name: "a liveness probe that fails",
    environment: "doctor-starts",
    firstLine: /^Deployment no-life is ended again and again, because its liveness probe fails: .*statuscode: 404\.$/,
    apply: variant("no-life", /"restartCount":[1-9]/, ({ spec: { containers } }) => {
      Object.assign(containers[0].livenessProbe, { ...failing, failureThreshold: 1 });
    }),
  },
  {
    name: "pods that Pod Security forbids",
    environment: "doctor-starts",
    firstLine: /^Deployment no-right can't make its pods: they violate the Pod Security of the namespace\.$/,
    apply: variant("no-right", /violates PodSecurity/, ({ spec: { containers } }) => {
      Object.assign(containers[0].securityContext, { privileged: true, allowPrivilegeEscalation: true });
    }),
  },
  {
    name: "requests larger than any node",
    environment: "doctor-starts",
    firstLine: /^Deployment no-room finds no node with enough cpu\.$/,
    apply: variant("no-room", /Insufficient cpu/, ({ spec: { containers } }) => {
      for (const part of [containers[0].resources.requests, containers[0].resources.limits]) part["cpu"] = "900";
    }),
  },
  {
    name: "a network policy that is gone",
    environment: "doctor-starts",
    firstLine: /^NetworkPolicy server is gone: it was removed past Terrarium\.$/,
    apply: (broken) => broken.remove(broken.path(POLICY, SERVER)),
  },
  {
    name: "a network policy that was changed",
    environment: "doctor-starts",
    firstLine: /^NetworkPolicy server was changed past Terrarium: spec\.ingress/,
    apply: async (broken) => {
      const path = broken.path(POLICY, SERVER);
      const { spec } = await broken.read(path);
      return broken.patch(path, { spec: { ingress: [] } }, { spec: { ingress: spec?.["ingress"] } });
    },
  },
  {
    name: "a node that is evicting a pod with too full a temporary volume",
    environment: "doctor-runs",
    firstLine:
      /^Deployment no-space had a pod evicted by node .*: its volume "tmp" holds more than its limit of 1Mi\.$/,
    apply: variant("no-space", /"reason":"Evicted"/, (template) => {
      setTemporary(template, { sizeLimit: "1Mi" });
      template.spec.containers[0].command = script(
        "require('node:fs').writeFileSync('/tmp/large', Buffer.alloc(2 ** 23)); setInterval(() => {}, 1000);",
      );
    }),
  },
  {
    name: "a temporary volume that is full",
    environment: "doctor-runs",
    firstLine: /^Deployment no-disk has no space left on a temporary volume: .*ENOSPC/,
    apply: variant("no-disk", /"exitCode":1,/, (template) => {
      setTemporary(template, { medium: "Memory", sizeLimit: "1Mi" });
      template.spec.containers[0].command = script(
        "require('node:fs').writeFileSync('/tmp/large', Buffer.alloc(2 ** 23));",
      );
    }),
  },
  {
    name: "a readiness probe that fails",
    environment: "doctor-runs",
    firstLine: /^Deployment no-answer runs, and is not ready: Readiness probe failed: .*statuscode: 404\.$/,
    apply: variant("no-answer", /Readiness probe failed: HTTP/, ({ spec: { containers } }) => {
      Object.assign(containers[0].readinessProbe, failing);
    }),
  },
  {
    name: "a key that a Secret does not have",
    environment: "doctor-runs",
    firstLine: /^Secret server has no key NOPE, and Deployment no-key can't start without it\.$/,
    apply: variant("no-key", /couldn't find key NOPE/, ({ spec: { containers } }) => {
      const secretKeyRef = { name: SERVER, key: "NOPE" };
      containers[0].env = [...(containers[0].env ?? []), { name: "NOPE", valueFrom: { secretKeyRef } }];
    }),
  },
  {
    name: "a storage class that the cluster does not have",
    environment: "doctor-runs",
    firstLine: /^PersistentVolumeClaim no-volume gets no volume: the cluster has no storage class "fast"\.$/,
    apply: async (broken) => {
      const claim = await broken.create(broken.path("v1/persistentvolumeclaims"), {
        metadata: { name: "no-volume" },
        spec: { storageClassName: "fast", accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      });
      const change = variant("no-volume", /unbound|Unschedulable/, (template) => {
        template.spec.volumes.push({ name: "data", persistentVolumeClaim: { claimName: "no-volume" } });
        template.spec.containers[0].volumeMounts.push({ name: "data", mountPath: "/data" });
      });
      return undoAll(claim, await orUndo(claim, () => change(broken)));
    },
  },
  {
    name: "a quota that is used up",
    environment: "doctor-runs",
    firstLine:
      /^ResourceQuota tight is used up: Deployment no-quota can't make a pod that asks for pods=1, with pods=\d/,
    apply: async (broken) => {
      const tight = { metadata: { name: "tight" }, spec: { hard: { pods: "1" } } };
      const quota = await broken.create(broken.path("v1/resourcequotas"), tight);
      return orUndo(quota, async () => {
        await broken.eventually("the quota in force", async () => {
          const { status } = await broken.read(broken.path("v1/resourcequotas", "tight"));
          return status !== undefined && "used" in status ? true : undefined;
        });
        return undoAll(quota, await variant("no-quota", /exceeded quota/, () => undefined)(broken));
      });
    },
  },
  {
    name: "a lock whose owner was killed",
    environment: "doctor-runs",
    firstLine: /^An update of local-tests-doctor-runs was killed and has left its lock: that process has ended\.$/,
    apply: ({ environment: { stack } }) => {
      const file = join(checkout, ".terrarium/state/.pulumi/locks/organization/terrarium", stack, "doctor.json");
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(lockOf(NO_PROCESS)));
      return Promise.resolve(() => {
        rmSync(file);
        return Promise.resolve();
      });
    },
  },
  {
    name: "a Service whose selector was changed",
    environment: "doctor-runs",
    firstLine: /^Service server was changed past Terrarium: spec\.selector\.terrarium\.dev\/workload is other/,
    apply: (broken) => {
      const selector = (workload: string) => ({ spec: { selector: { "terrarium.dev/workload": workload } } });
      return broken.patch(broken.path("v1/services", SERVER), selector("other"), selector(SERVER));
    },
  },
  {
    name: "a Deployment that somebody scaled to nothing",
    environment: "doctor-runs",
    firstLine: /^Deployment client was changed past Terrarium: spec\.replicas is 0 and should be 1\.$/,
    apply: async (broken) => {
      const replicas = (count: number) => ({ spec: { replicas: count } });
      const undo = await broken.patch(broken.path("apps/v1/deployments", CLIENT), replicas(0), replicas(1));
      await broken.podsGone(CLIENT);
      return async () => {
        await undo();
        await broken.ready(CLIENT);
      };
    },
  },
  {
    name: "a pod that Prometheus can't read",
    environment: "doctor-data",
    firstLine: /^Prometheus can't read the metrics of Deployment server: /,
    apply: async (broken) => {
      const undo = await broken.variant("no-metrics", ({ metadata }) => {
        Object.assign(metadata, { annotations: { "prometheus.io/scrape": "true", "prometheus.io/port": "9" } });
      });
      const targets = `${broken.path("v1/services", "prometheus:9090")}/proxy/api/v1/targets?state=active`;
      await orUndo(undo, () =>
        broken.eventually("a target that is down", async () =>
          /no-metrics[^}]*}[^}]*"health":"down"/.test(JSON.stringify(await broken.read(targets))) ? true : undefined,
        ),
      );
      return undo;
    },
  },
  {
    name: "a migration that fails",
    environment: "doctor-data",
    firstLine: /^Migration guestbook-migrate (fails|has failed): .*(changed|checksum)/i,
    apply: async (broken) => {
      const { sql } = broken.environment.objects;
      await sql("SET ROLE guestbook; UPDATE schema_migrations SET checksum = 'x' || checksum");
      return orUndo(again, async () => {
        await broken.runAgain("guestbook-migrate");
        await broken.shows("guestbook-migrate", /"failed":[1-9]/);
        return again;
      });
      async function again(): Promise<void> {
        await sql("SET ROLE guestbook; UPDATE schema_migrations SET checksum = substr(checksum, 2)");
        await migrateAgain(broken);
      }
    },
  },
  {
    name: "a role of Postgres that may have no more connections",
    environment: "doctor-data",
    firstLine:
      /^StatefulSet postgres takes no more connections of role guestbook_a: all that it may have are in use\.$/,
    apply: async (broken) => {
      const { sql } = broken.environment.objects;
      await sql("ALTER ROLE guestbook_a CONNECTION LIMIT 0");
      return orUndo(again, async () => {
        await broken.runAgain("guestbook-migrate");
        await broken.shows("guestbook-migrate", /"failed":[1-9]/);
        return again;
      });
      async function again(): Promise<void> {
        await sql("ALTER ROLE guestbook_a CONNECTION LIMIT -1");
        await migrateAgain(broken);
      }
    },
  },
  {
    name: "a password that Postgres refuses",
    environment: "doctor-data",
    firstLine:
      /^StatefulSet postgres refuses the password of user guestbook_a: it is not the one that its clients have\.$/,
    apply: async (broken) => {
      const { sql, secret } = broken.environment.objects;
      const { password = "" } = await secret("postgres");
      await sql("ALTER ROLE guestbook_a PASSWORD 'somebody-chose-another'");
      return orUndo(again, async () => {
        await broken.runAgain("guestbook-migrate");
        await broken.shows("guestbook-migrate", /"failed":[1-9]/);
        return again;
      });
      async function again(): Promise<void> {
        await sql(`ALTER ROLE guestbook_a PASSWORD '${password}'`);
        await migrateAgain(broken);
      }
    },
  },
  {
    name: "a node that is closed to new pods",
    environment: "doctor-runs",
    isAlone: true,
    firstLine: /^Node \S+ is cordoned: it takes no new pods\.$/,
    apply: async (broken) => {
      const open = await cordon(broken);
      return orUndo(open, async () =>
        undoAll(open, await variant("no-node", /unschedulable/, () => undefined)(broken)),
      );
    },
  },
  {
    name: "a disruption budget that holds a drain",
    environment: "doctor-runs",
    isAlone: true,
    firstLine: /^PodDisruptionBudget \S+ keeps node \S+ from being drained: no pod of it may be away\.$/,
    apply: cordon,
  },
];

async function migrateAgain(broken: BrokenEnvironment): Promise<void> {
  await broken.runAgain("guestbook-migrate");
  await broken.shows("guestbook-migrate", /"succeeded":1/);
}

async function cordon(broken: BrokenEnvironment): Promise<Undo> {
  const { items } = (await broken.read("/api/v1/nodes")) as unknown as { items: { metadata: { name: string } }[] };
  const closed = (unschedulable: true | null) => ({ spec: { unschedulable } });
  const undos = items.map(({ metadata }) => broken.patch(`/api/v1/nodes/${metadata.name}`, closed(true), closed(null)));
  return undoAll(...(await Promise.all(undos)));
}
