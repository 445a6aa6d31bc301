/**
 * Takes a snapshot of a database on real pods, by the controllers that clusters have for it and a driver of our own, and has the
 * platform service make an environment of it; others start empty, because there is no such snapshot, because their volumes are of
 * another driver, or because they are of a fork. Then all that was made of it must be gone, and the snapshot still be there. Says how long each step took.
 *
 * Usage: npm run snapshots-on-pods, on a host cluster
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { formatTable } from "../../cli/table.ts";
import type { EnvironmentSpec, PreviewEnvironment } from "../../spec/index.ts";
import { eventually } from "./eventually.ts";
import { onStack } from "./layer.ts";

/** One with the services that an entry takes. */
const GUESTBOOK = "https://git.example.com/team/guestbook";
/** One with its database alone. */
const ARCHIVE = "https://git.example.com/team/archive";
/** The same on volumes of the cluster's default class. */
const ELSEWHERE = "https://git.example.com/team/elsewhere";
const COMMIT = "1".repeat(40);
const MESSAGE = "Written before the snapshot";

interface Snapshot {
  readonly status?: { readonly readyToUse?: boolean };
}

interface Content {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly deletionPolicy: string; readonly volumeSnapshotRef: { readonly namespace: string } };
  readonly status?: { readonly snapshotHandle?: string };
}

interface Volume {
  readonly spec: {
    readonly claimRef?: { readonly namespace: string };
    readonly csi?: { readonly volumeHandle: string };
  };
}

process.exitCode = await onStack(async (checkout) => {
  process.env["TERRARIUM_TEST_CHECKOUT"] = checkout;
  const { FolderStorage, STORAGE_CLASS } = await import("./csi/folder-storage.ts");
  const { objectsIn } = await import("./kubectl.ts");
  const { modest, quick, removeAbandonedServices, ServiceOnPods } = await import("./service-on-pods.ts");
  const { unique } = await import("./stack.ts");
  const rows: string[][] = [];
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    rows.push([name, `${((performance.now() - started) / 1000).toFixed(1)} s`]);
    console.log(rows.at(-1)?.join(": "));
    return result;
  };

  const [filled, restored] = [unique("filled"), unique("restored")];
  const [lost, other, fork] = [unique("lost"), unique("other"), unique("fork")];
  const namespaceOf = (name: string) => `preview-${name}`;
  const golden = { namespace: namespaceOf(filled), name: "golden" };
  const { run, read } = objectsIn(golden.namespace);
  /** Those of a run that was killed may still be about to go. */
  const contents = async () =>
    (await read<{ items: Content[] }>("volumesnapshotcontents")).items.filter(({ spec }) =>
      [filled, restored, lost, other, fork].map(namespaceOf).includes(spec.volumeSnapshotRef.namespace),
    );
  const volumeOf = async (name: string): Promise<Volume | undefined> =>
    (await read<{ items: Volume[] }>("persistentvolumes")).items.find(
      ({ spec }) => spec.claimRef?.namespace === namespaceOf(name) && spec.csi !== undefined,
    );
  const sourceOf = (repository: string) => ({ source: { repository, branch: "main", commit: COMMIT } });
  const seeded = ({ status }: PreviewEnvironment) => {
    const { reason, message = "" } = status?.conditions?.find(({ type }) => type === "Seeded") ?? {};
    return { reason, message };
  };
  const entries = (name: string) => objectsIn(namespaceOf(name)).sql("select message from entries order by id");
  /** This machine is the node: Services of the cluster lead on from here. */
  const ask = async <T>(name: string, path: string, init: RequestInit = {}): Promise<T> => {
    const service = await objectsIn(namespaceOf(name)).read<{ spec: { clusterIP: string } }>(
      ...["service", "guestbook-backend"],
    );
    const answer = await fetch(`http://${service.spec.clusterIP}:8080/api${path}`, {
      signal: AbortSignal.timeout(10_000),
      ...init,
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  };

  const service = new ServiceOnPods();
  const storage = await step("a driver with snapshots, and its controllers", () => FolderStorage.start());
  try {
    await removeAbandonedServices();
    const { application, services, dataStores, migrations } = parse(
      readFileSync(join(checkout, "examples/guestbook/environment.yaml"), "utf8"),
    ) as Required<EnvironmentSpec>;
    const plain = { ...dataStores["postgres"], ...modest };
    const postgres = { ...plain, storage: { storageClass: STORAGE_CLASS } };
    const redis = { ...dataStores["redis"], ...modest };
    const schema = {
      application,
      migrations: { "guestbook-migrate": { ...migrations["guestbook-migrate"], ...modest } },
    };
    const wanted = ["guestbook-backend", "guestbook-auth"];
    const seeds = { golden: { snapshot: golden }, lost: { snapshot: { ...golden, name: "lost" } } };
    await service.start({
      repositories: {
        [GUESTBOOK]: {
          base: {
            ...schema,
            dataStores: { postgres, redis },
            services: Object.fromEntries(wanted.map((name) => [name, { ...services[name], ...quick }])),
          },
          seeds,
        },
        [ARCHIVE]: { base: { ...schema, dataStores: { postgres } }, seeds },
        [ELSEWHERE]: { base: { ...schema, dataStores: { postgres: plain } }, seeds },
      },
    });

    const { id, migrated, written } = await step("an environment, and an entry in its database", async () => {
      await service.create(filled, sourceOf(GUESTBOOK));
      assert.equal(seeded(await service.ready(filled)).reason, undefined);
      const migrated = await entries(filled);
      const { token } = await ask<{ token: string }>(filled, "/session", { method: "POST" });
      const { id } = await ask<{ id: string }>(filled, "/entries", {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ author: "Ada", message: MESSAGE }),
      });
      return { id, migrated, written: await entries(filled) };
    });
    assert.deepEqual(written, [...migrated, MESSAGE]);
    const handle = await step("it sleeps, and a snapshot of its volume is ready", async () => {
      await service.change(filled, { sleep: { sleepAt: new Date().toISOString() } });
      await service.asleep(filled);
      await eventually("no pods", async () =>
        (await run(["get", "pods", "--output=name"])) === "" ? true : undefined,
      );
      const snapshot = {
        apiVersion: "snapshot.storage.k8s.io/v1",
        kind: "VolumeSnapshot",
        metadata: golden,
        spec: { volumeSnapshotClassName: STORAGE_CLASS, source: { persistentVolumeClaimName: "postgres-data" } },
      };
      await run(["apply", "--filename", "-"], JSON.stringify(snapshot));
      await run(["wait", "volumesnapshot/golden", "--for=jsonpath={.status.readyToUse}=true", "--timeout=60s"]);
      const [first] = storage.folders.snapshots();
      return first?.id ?? assert.fail("the driver has no snapshot");
    });

    await service.create(restored, { ...sourceOf(GUESTBOOK), seed: { data: "golden" } });
    await service.create(lost, { ...sourceOf(ARCHIVE), seed: { data: "lost" } });
    await service.create(other, { ...sourceOf(ELSEWHERE), seed: { data: "golden" } });
    const pullRequest = { number: 42, fork: true };
    const approval = { commit: COMMIT, by: "ada" };
    await service.create(fork, { ...sourceOf(ARCHIVE), seed: { data: "golden" }, pullRequest, approval });
    await step("an environment starts from it, is migrated, and answers with the entry", async () => {
      assert.deepEqual(seeded(await service.ready(restored)), {
        reason: "Restored",
        message: "The volume of postgres was made from a snapshot.",
      });
      assert.equal((await ask<{ message: string }>(restored, `/entries/${id}`)).message, MESSAGE);
      assert.deepEqual(await entries(restored), written);
      const [copy] = (await contents()).filter(({ metadata }) => metadata.name.startsWith(namespaceOf(restored)));
      assert.deepEqual([copy?.spec.deletionPolicy, copy?.status?.snapshotHandle], ["Retain", handle]);
    });
    const startsEmpty = async (name: string, why: RegExp): Promise<void> => {
      const { reason, message } = seeded(await service.ready(name));
      assert.equal(reason, "NotLoaded");
      const [, said = message] = /^postgres started empty, and migrations went on: (.*)$/.exec(message) ?? [];
      assert.match(said, why);
      assert.deepEqual(await entries(name), migrated);
    };
    await step("one whose snapshot nobody knows starts empty, is migrated, and says so", () =>
      startsEmpty(lost, /^the VolumeSnapshot .*\/lost can't be used: there is none/),
    );
    await step("so does one whose volumes are of another driver", () =>
      startsEmpty(other, /\/golden can't be used: its driver is .* makes the volumes of the class standard$/),
    );
    await step("one of a fork's pull request starts empty", async () => {
      assert.equal(seeded(await service.ready(fork)).reason, undefined);
      assert.deepEqual(await entries(fork), migrated);
      const made = (await contents()).map(({ spec }) => spec.volumeSnapshotRef.namespace).sort();
      assert.deepEqual(made, [golden.namespace, namespaceOf(restored)].sort());
    });

    await step("the one that was made of it is gone, with all that was made for it", async () => {
      const volume = (await volumeOf(restored))?.spec.csi?.volumeHandle ?? assert.fail("there is no volume");
      assert.ok(storage.folders.hasVolume(volume));
      await service.objects.run(["delete", "environments.terrarium.dev", restored, "--timeout=180s"]);
      const left = await run(["get", "namespace", namespaceOf(restored), "--ignore-not-found", "--output=name"]);
      assert.equal(left, "");
      assert.equal(await volumeOf(restored), undefined);
      assert.deepEqual(
        (await contents()).map(({ spec }) => spec.volumeSnapshotRef.namespace),
        [golden.namespace],
      );
      assert.ok(!storage.folders.hasVolume(volume));
    });
    await step("the snapshot is still there", async () => {
      const { status } = await read<Snapshot>("volumesnapshot", golden.name);
      assert.equal(status?.readyToUse, true);
      assert.deepEqual(
        storage.folders.snapshots().map((each) => each.id),
        [handle],
      );
    });
    await step("all others are gone, and the snapshot with the environment that it was taken of", async () => {
      await service.stop();
      await eventually("no volume", () => Promise.resolve(storage.folders.volumes().length === 0 ? true : undefined));
      await eventually("no snapshot", () =>
        Promise.resolve(storage.folders.snapshots().length === 0 ? true : undefined),
      );
      assert.deepEqual(await contents(), []);
    });
  } catch (error) {
    console.error(error, service.log.slice(-4_000), storage.log());
    return 1;
  } finally {
    await service.stop();
    await storage.stop();
  }
  console.log(`\n${formatTable(["STEP", "TIME"], rows)}`);
  return 0;
});
