import assert from "node:assert/strict";
import { IMAGES, isPinned, TIERS } from "../../../spec/index.ts";
import { type PodTemplate, type Recording } from "../mocks.ts";
import { recordGuestbook } from "./guestbook.ts";

/** A service built in its pod, which tier dev alone admits: its init containers are held to the same. */
const FROM_SOURCE = {
  services: {
    "guestbook-source": {
      image: IMAGES.node.image,
      source: { repository: "https://git.example.com/team/guestbook.git", branch: "main", cache: {} },
      calls: ["postgres"],
      internet: true,
    },
  },
};

/** Namespaces that enforce Pod Security "restricted". */
function restrictedNamespaces(recording: Recording): string[] {
  return recording
    .all("Namespace")
    .filter(({ object }) => object.metadata.labels["pod-security.kubernetes.io/enforce"] === "restricted")
    .map(({ object }) => object.metadata.name);
}

function allContainers({ spec }: PodTemplate): PodTemplate["spec"]["containers"] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

/** Volume types that the restricted standard allows. */
const VOLUME_TYPES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

/** Fields that would let a pod into its node. */
const HOST_FIELDS = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] as const;

/** Kinds that are deleted one by one, before the namespace: it would notice only seconds later that they are gone. */
const SLOW_TO_GO = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "PersistentVolumeClaim"];

for (const tier of TIERS) {
  describe(`The guestbook in tier ${tier}:`, () => {
    let recording: Recording;
    let templates: PodTemplate[];
    let restricted: PodTemplate[];

    before(async () => {
      ({ recording } = await recordGuestbook(tier, tier === "dev" ? FROM_SOURCE : {}));
      templates = recording.podTemplates();
      restricted = templates.filter(({ namespace }) => restrictedNamespaces(recording).includes(namespace));
    });

    describe("every pod", () => {
      it("is in a namespace that enforces Pod Security restricted, but for the log collector", () => {
        const others = templates.filter((template) => !restricted.includes(template)).map(({ owner }) => owner);
        assert.deepEqual(others, ["DaemonSet log-collector"]);
        assert.equal(restricted.length, 11);
      });

      it("passes Pod Security restricted: user, privileges, capabilities, seccomp, volumes", () => {
        for (const { owner, spec, ...template } of restricted) {
          const { securityContext } = spec;
          assert.equal(securityContext.runAsNonRoot, true, owner);
          assert.ok(
            securityContext.runAsUser > 0 && securityContext.runAsGroup > 0 && securityContext.fsGroup > 0,
            owner,
          );
          assert.deepEqual(securityContext.seccompProfile, { type: "RuntimeDefault" }, owner);
          assert.ok(!("sysctls" in securityContext), owner);
          for (const field of HOST_FIELDS) assert.ok(!(field in spec), `${owner} ${field}`);
          for (const container of allContainers({ owner, spec, ...template })) {
            const where = `${owner} ${container.name}`;
            const own = container.securityContext;
            assert.equal(own.allowPrivilegeEscalation, false, where);
            assert.equal(own.privileged, false, where);
            assert.equal(own.runAsNonRoot, true, where);
            assert.deepEqual(own.capabilities, { drop: ["ALL"] }, where);
            assert.ok(!("runAsUser" in own) || own.runAsUser > 0, where);
            for (const port of container.ports ?? []) assert.ok(!("hostPort" in port), where);
          }
          for (const { name, ...source } of spec.volumes) {
            assert.ok(
              Object.keys(source).every((type) => VOLUME_TYPES.includes(type)),
              `${owner} ${name}`,
            );
          }
        }
      });

      it("has a read-only root file system and an emptyDir of limited size on /tmp", () => {
        for (const template of templates) {
          const tmp = template.spec.volumes.find(({ name }) => name === "tmp");
          assert.equal(tmp?.emptyDir.sizeLimit, "1Gi", template.owner);
          for (const container of allContainers(template)) {
            const where = `${template.owner} ${container.name}`;
            assert.equal(container.securityContext.readOnlyRootFilesystem, true, where);
            assert.deepEqual(
              container.volumeMounts.filter(({ mountPath }) => mountPath === "/tmp"),
              [{ name: "tmp", mountPath: "/tmp" }],
              where,
            );
          }
        }
      });

      it("has volumes of different names, mounts only those and its claims, each at a path of its own", () => {
        for (const template of templates) {
          const names = [...template.spec.volumes.map(({ name }) => name), ...template.claims];
          assert.equal(new Set(names).size, names.length, `${template.owner}: ${names.join()}`);
          for (const { name, volumeMounts } of allContainers(template)) {
            const paths = volumeMounts.map(({ mountPath }) => mountPath);
            assert.equal(new Set(paths).size, paths.length, `${template.owner} ${name}: ${paths.join()}`);
            for (const mount of volumeMounts)
              assert.ok(names.includes(mount.name), `${template.owner} ${name}: ${mount.name}`);
          }
          const used = new Set(
            allContainers(template).flatMap(({ volumeMounts }) => volumeMounts.map(({ name }) => name)),
          );
          assert.deepEqual(
            names.filter((name) => !used.has(name)),
            [],
            `${template.owner}: volumes that nothing mounts`,
          );
        }
      });

      it("gets no token for the Kubernetes API, but for Prometheus, and no variables of other Services", () => {
        const withToken = templates.filter(({ spec }) => spec.automountServiceAccountToken).map(({ owner }) => owner);
        assert.deepEqual(withToken, ["StatefulSet prometheus"]);
        for (const { owner, spec } of templates) {
          assert.equal(typeof spec.automountServiceAccountToken, "boolean", owner);
          assert.equal(spec.enableServiceLinks, false, owner);
        }
        for (const { object } of recording.all("ServiceAccount"))
          assert.equal(object.automountServiceAccountToken, false, object.metadata.name);
      });

      it("runs as a service account that exists", () => {
        const accounts = recording
          .all("ServiceAccount")
          .map(({ object: { metadata } }) => `${metadata.namespace}/${metadata.name}`);
        for (const { owner, namespace, spec } of templates)
          assert.ok(accounts.includes(`${namespace}/${spec.serviceAccountName}`), owner);
      });

      it("has requests and limits for cpu, memory and scratch space on every container", () => {
        for (const template of templates) {
          for (const { name, resources } of allContainers(template)) {
            for (const side of ["requests", "limits"] as const) {
              const given = Object.keys(resources[side]).sort();
              assert.deepEqual(given, ["cpu", "ephemeral-storage", "memory"], `${template.owner} ${name} ${side}`);
            }
          }
        }
      });

      it("has liveness and readiness probes where it is meant to run on", () => {
        for (const { owner, kind, spec } of templates) {
          if (kind === "Job" || kind === "CronJob") continue;
          for (const { name, livenessProbe, readinessProbe, ports } of spec.containers) {
            const names: unknown[] = (ports ?? []).map((port) => port.name);
            for (const probe of [livenessProbe, readinessProbe]) {
              assert.ok(probe, `${owner} ${name}`);
              assert.ok(
                probe.periodSeconds > 0 && probe.timeoutSeconds > 0 && probe.failureThreshold > 0,
                `${owner} ${name}`,
              );
              if ("httpGet" in probe && typeof probe.httpGet.port === "string")
                assert.ok(names.includes(probe.httpGet.port), `${owner} ${name}`);
            }
          }
        }
      });

      it("runs a pinned image and pulls it once", () => {
        for (const template of templates) {
          for (const { image, imagePullPolicy } of allContainers(template)) {
            assert.ok(isPinned(image), `${template.owner}: ${image}`);
            assert.equal(imagePullPolicy, "IfNotPresent", template.owner);
          }
        }
      });

      it("has time to stop, and starts again by itself unless it is a job", () => {
        for (const { owner, kind, spec } of templates) {
          assert.ok(spec.terminationGracePeriodSeconds >= 10, owner);
          assert.equal(spec.restartPolicy, kind === "Job" || kind === "CronJob" ? "Never" : "Always", owner);
        }
      });

      it("finds every ConfigMap, Secret and volume that it names", () => {
        const there = new Set(
          recording.objects().map(({ object: { kind, metadata } }) => `${kind} ${metadata.namespace}/${metadata.name}`),
        );
        for (const { owner, namespace, ...template } of templates) {
          const wanted = [
            ...template.spec.volumes.flatMap(({ configMap, secret, persistentVolumeClaim }) => [
              ...(configMap ? [`ConfigMap ${namespace}/${configMap.name}`] : []),
              ...(secret ? [`Secret ${namespace}/${secret.secretName}`] : []),
              ...(persistentVolumeClaim
                ? [`PersistentVolumeClaim ${namespace}/${persistentVolumeClaim.claimName}`]
                : []),
            ]),
            ...allContainers({ owner, namespace, ...template }).flatMap(({ envFrom, env }) => [
              ...envFrom.flatMap(({ configMapRef, secretRef }) => [
                ...(configMapRef ? [`ConfigMap ${namespace}/${configMapRef.name}`] : []),
                ...(secretRef ? [`Secret ${namespace}/${secretRef.name}`] : []),
              ]),
              ...env.flatMap(({ valueFrom }) =>
                valueFrom?.secretKeyRef ? [`Secret ${namespace}/${valueFrom.secretKeyRef.name}`] : [],
              ),
            ]),
          ];
          for (const name of wanted) assert.ok(there.has(name), `${owner} wants ${name}`);
        }
      });
    });

    describe("a secret", () => {
      it("is in Secret objects only: in no ConfigMap, argument, variable or annotation", () => {
        const generated = recording.generated().filter((name) => !name.endsWith("-checksum-key"));
        assert.ok(generated.length >= 6);
        for (const name of generated) {
          const holders = recording.holdersOf(name);
          assert.ok(
            holders.length > 0 && holders.every((holder) => holder.startsWith("Secret ")),
            `${name}: ${holders.join()}`,
          );
        }
        assert.deepEqual(recording.holdersOf(`guestbook-${tier}-checksum-key`), []);
      });

      it("is marked as such, so that the engine encrypts it, and nothing else is", () => {
        for (const { object, secretPaths, name } of recording.objects()) {
          const marked = object.kind === "Secret" ? ["stringData"] : [];
          assert.deepEqual(
            secretPaths.map((path) => path.split(".")[0]),
            marked,
            name,
          );
        }
      });

      it("is known to those alone who need it", () => {
        const holders = (name: string) => recording.holdersOf(name).map((holder) => holder.replace(/^Secret /, ""));
        assert.deepEqual(holders("postgres-superuser"), ["postgres"]);
        assert.deepEqual(holders("postgres-password"), [
          "guestbook-backend",
          "guestbook-migrate",
          ...(tier === "dev" ? ["guestbook-source"] : []),
          "guestbook-worker",
          "postgres",
        ]);
        assert.deepEqual(holders("redis-password"), ["guestbook-backend", "guestbook-worker", "redis"]);
        assert.deepEqual(holders("guestbook-auth-KEY_SEED"), ["guestbook-auth"]);
        assert.deepEqual(holders("guestbook-migrate-test-user"), tier === "dev" ? ["guestbook-migrate"] : []);
      });
    });

    describe("every object", () => {
      it("carries the standard labels", () => {
        for (const { object } of recording.objects()) {
          const { labels, name } = object.metadata;
          const where = `${object.kind} ${name}`;
          assert.equal(labels["app.kubernetes.io/instance"], `guestbook-${tier}`, where);
          assert.equal(labels["app.kubernetes.io/part-of"], "guestbook", where);
          assert.equal(labels["app.kubernetes.io/managed-by"], "terrarium", where);
          assert.ok(labels["app.kubernetes.io/name"], where);
          assert.ok(labels["app.kubernetes.io/component"], where);
        }
        for (const { metadata, owner } of recording.podTemplates())
          assert.ok(metadata.labels["app.kubernetes.io/version"], owner);
      });

      it("has a name and labels that the API server accepts", () => {
        for (const { object } of recording.objects()) {
          assert.match(object.metadata.name, /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);
          for (const value of Object.values(object.metadata.labels))
            assert.match(value, /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
        }
      });

      it("has a name of its own among its kind and namespace", () => {
        const names = recording
          .objects()
          .map(({ object: { kind, metadata } }) => `${kind} ${metadata.namespace}/${metadata.name}`);
        assert.deepEqual(
          names.filter((name, index) => names.indexOf(name) !== index),
          [],
        );
      });

      it("waits for its namespace, goes with it unless it takes its time, and is called after its parent", () => {
        const namespaces = new Map(recording.all("Namespace").map(({ object, name }) => [object.metadata.name, name]));
        for (const { name, parent, dependsOn, deletedWith, object } of recording.objects()) {
          assert.ok(parent !== undefined && name.startsWith(`${parent}-`), `${name} of ${parent}`);
          if (object.kind === "Namespace") continue;
          const namespace = namespaces.get(object.metadata.namespace) ?? assert.fail(object.metadata.namespace);
          assert.ok(dependsOn.includes(namespace), name);
          assert.equal(deletedWith, SLOW_TO_GO.includes(object.kind) ? undefined : namespace, name);
        }
      });

      it("that runs pods selects exactly its own, by labels that never change", () => {
        const matching = (selector: Readonly<Record<string, string>>) =>
          templates
            .filter(({ metadata }) => Object.entries(selector).every(([key, value]) => metadata.labels[key] === value))
            .map(({ owner }) => owner);
        for (const { owner, kind, selector } of templates) {
          if (kind === "Job" || kind === "CronJob") continue;
          assert.ok(selector, owner);
          assert.deepEqual(matching(selector), [owner]);
          assert.ok(!("app.kubernetes.io/version" in selector), owner);
        }
        for (const { object } of recording.all("Service"))
          assert.equal(matching(object.spec.selector).length, 1, object.metadata.name);
        for (const { object } of recording.all("PodDisruptionBudget")) {
          assert.deepEqual(
            matching(object.spec.selector.matchLabels).map((owner) => owner.split(" ")[1]),
            [object.metadata.name],
          );
        }
      });

      it("that runs pods waits until they are confined: default deny, DNS, service account", () => {
        const namespace = `guestbook-${tier}`;
        const before = [
          `${namespace}-network-default-deny`,
          `${namespace}-network-allow-dns`,
          `${namespace}-service-account`,
        ];
        const kinds = ["Deployment", "StatefulSet", "Job", "CronJob"];
        const workloads = recording.objects().filter(({ object }) => kinds.includes(object.kind));
        assert.ok(workloads.length >= 10);
        for (const { name, dependsOn } of workloads) {
          for (const prerequisite of before) assert.ok(dependsOn.includes(prerequisite), `${name} on ${prerequisite}`);
        }
      });
    });
  });
}
