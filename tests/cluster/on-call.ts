import { undoAll } from "../engine/broken-cluster.ts";
import { type Breakage, orUndo, script, setTemporary, variant } from "./breaking.ts";
import { NO_ACCESS, NO_IMAGE, OTHER_PROCESSOR, type RegistryAnswer, startRegistry } from "./test-registry.ts";

const WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

/** An image of a registry that has one answer, whatever it is asked for. */
function fromRegistry(name: string, answer: RegistryAnswer): Breakage["apply"] {
  return async (broken) => {
    const registry = await startRegistry(answer);
    const image = `127.0.0.1:${registry.port}/shop/web:nope`;
    const change = variant(name, /ErrImagePull|ImagePullBackOff/, ({ spec: { containers } }) => {
      Object.assign(containers[0], { image, imagePullPolicy: "Always" });
    });
    return undoAll(registry.close, await orUndo(registry.close, () => change(broken)));
  };
}

/** Ways in which environments break at night, in the order in which they are tried. */
export const ON_CALL: readonly Breakage[] = [
  {
    name: "an image tag that does not exist",
    environment: "doctor-starts",
    firstLine:
      /^Deployment no-image can't get its image 127\.0\.0\.1:\d+\/shop\/web:nope: there is none of that name\.$/,
    apply: fromRegistry("no-image", NO_IMAGE),
  },
  {
    name: "a registry that refuses access",
    environment: "doctor-data",
    firstLine: /^Deployment no-access can't get its image \S+: the registry refuses access\.$/,
    apply: fromRegistry("no-access", NO_ACCESS),
  },
  {
    name: "an image for another kind of processor",
    environment: "doctor-data",
    firstLine: /^Deployment no-platform can't get its image \S+: there is none for linux\/\w+\.$/,
    apply: fromRegistry("no-platform", OTHER_PROCESSOR),
  },
  {
    name: "a program for another kind of processor",
    environment: "doctor-data",
    firstLine:
      /^Deployment no-format has a program that its node can't run: \/program\/main is not built for linux\/\w+\.$/,
    apply: async (broken) => {
      const program = { metadata: { name: "program" }, data: { main: "no program of this processor" } };
      const file = await broken.create(broken.path("v1/configmaps"), program);
      const change = variant("no-format", /"exitCode":\d+,/, ({ spec }) => {
        spec.volumes.push({ name: "program", configMap: { name: "program", defaultMode: 0o555 } });
        spec.containers[0].volumeMounts.push({ name: "program", mountPath: "/program" });
        spec.containers[0].command = ["/program/main"];
      });
      return undoAll(file, await orUndo(file, () => change(broken)));
    },
  },
  {
    name: "a readiness probe on a port where nothing listens",
    environment: "doctor-data",
    firstLine:
      /^Deployment no-port runs, and is not ready: nothing listens where its probe asks: .*connection refused\.$/,
    apply: variant("no-port", /Readiness probe failed: .*connection refused/, ({ spec: { containers } }) => {
      Object.assign(containers[0].readinessProbe, {
        httpGet: { path: "/ready", port: 9 },
        initialDelaySeconds: 1,
        periodSeconds: 1,
      });
    }),
  },
  {
    name: "an init container that waits for a service that nobody has",
    environment: "doctor-data",
    firstLine: /^Deployment no-init waits for its init container wait to end: it can't resolve a name\.$/,
    apply: async (broken) => {
      const connect =
        "require('node:net').connect(5432, 'nowhere').on('error', (error) => console.error(String(error)))";
      const undo = await broken.variant("no-init", ({ spec }) => {
        const { image, resources, securityContext } = spec.containers[0];
        const command = script(`const connect = () => ${connect}; connect(); setInterval(connect, 1000);`);
        Object.assign(spec, { initContainers: [{ name: "wait", image, resources, securityContext, command }] });
      });
      const { run } = broken.environment.objects;
      await orUndo(undo, () =>
        broken.eventually("a line of the init container", async () => {
          const lines = await run(["logs", "deployment/no-init", "--container", "wait"]).catch(() => "");
          return lines.includes("getaddrinfo") ? true : undefined;
        }),
      );
      return undo;
    },
  },
  {
    name: "a node selector that no node has",
    environment: "doctor-data",
    firstLine: /^Deployment no-label finds no node that it may run on: none has the label disk=fast\.$/,
    apply: variant("no-label", /didn't match Pod's node/, ({ spec }) => {
      spec.nodeSelector = { disk: "fast" };
    }),
  },
  {
    name: "an admission webhook that does not answer",
    environment: "doctor-data",
    firstLine:
      /^Deployment no-admission can't make its pods: the admission webhook check\.example\.com does not answer\.$/,
    apply: async (broken) => {
      const { namespace } = broken;
      const undo = await broken.create(WEBHOOKS, {
        metadata: { name: "check" },
        webhooks: [
          {
            name: "check.example.com",
            clientConfig: { service: { namespace, name: "nowhere" } },
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
            rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
            sideEffects: "None",
            admissionReviewVersions: ["v1"],
          },
        ],
      });
      return undoAll(
        undo,
        await orUndo(undo, () => variant("no-admission", /failed calling webhook/, () => undefined)(broken)),
      );
    },
  },
  {
    name: "a pod that has written more to its node's disk than it may",
    environment: "doctor-data",
    firstLine:
      /^Deployment no-storage had a pod evicted by node \S+: it has written more to the node's disk than its limit of 1Mi\.$/,
    apply: variant("no-storage", /"reason":"Evicted"/, (template) => {
      setTemporary(template, {});
      const { resources } = template.spec.containers[0];
      for (const part of [resources.requests, resources.limits]) part["ephemeral-storage"] = "1Mi";
      template.spec.containers[0].command = script(
        "require('node:fs').writeFileSync('/tmp/large', Buffer.alloc(2 ** 23)); setInterval(() => {}, 1000);",
      );
    }),
  },
  {
    name: "a policy that lets nobody ask the cluster's DNS",
    environment: "doctor-runs",
    isAlone: true,
    firstLine:
      /^Nothing of \S+ may ask the cluster's DNS: NetworkPolicy closed in kube-system lets no such question in\.$/,
    apply: async (broken) => {
      const undo = await broken.create(broken.path("networking.k8s.io/v1/networkpolicies", "", "kube-system"), {
        metadata: { name: "closed" },
        spec: { podSelector: {}, policyTypes: ["Ingress"] },
      });
      const lookUp = "require('node:dns').lookup('redis', (error) => { if (error) throw error; })";
      const change = variant("no-name", /"exitCode":1,/, ({ spec: { containers } }) => {
        containers[0].command = script(`setInterval(() => ${lookUp}, 1000);`);
      });
      return undoAll(undo, await orUndo(undo, () => change(broken)));
    },
  },
];
