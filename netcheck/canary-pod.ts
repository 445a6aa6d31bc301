import { randomBytes } from "node:crypto";
import { type KubeObject, WORKLOAD_LABEL } from "../spec/index.ts";

/** Image of canaries: small, with a shell, wget, nc, httpd and nslookup. */
export const CANARY_IMAGE = "busybox:1.36";

/** Labels that every canary has, and that leftovers are found by. */
export const CANARY_LABELS: Readonly<Record<string, string>> = {
  app: "canary",
  test: "network-policy",
  "created-by": "env-tests",
};

/** Annotation that names the run that a canary belongs to. */
export const OWNER_ANNOTATION = "terrarium.dev/canary-owner";

/** Only namespaces that start like this are ever deleted. */
export const TEST_NAMESPACE_PREFIX = "canary-test-";

/** Seconds that a canary lives when nobody removes it. */
export const CANARY_LIFETIME_SECONDS = 3600;

/** Ports below this need a setting of the pod's network to be listened on without root. */
const FIRST_UNPRIVILEGED_PORT = 1024;

/** Where a canary stands. */
export interface CanaryArgs {
  readonly namespace: string;
  /** Labels beyond the canary's own: those that policies select on. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** TCP ports that it listens on. @default none */
  readonly listens?: readonly number[];
}

/** A run's name for itself: eight hex digits. */
export function runName(): string {
  return randomHex();
}

/** Name of a new canary: `canary-` and eight hex digits. */
export function canaryName(): string {
  return `canary-${randomHex()}`;
}

/** Name of a new namespace of a run. */
export function testNamespaceName(): string {
  return `${TEST_NAMESPACE_PREFIX}${randomHex()}`;
}

/** A namespace that canaries need; labels tell the ones that a run made for itself. */
export function toNamespace(name: string, owner: string): KubeObject {
  const own = name.startsWith(TEST_NAMESPACE_PREFIX);
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: own ? { name, labels: CANARY_LABELS, annotations: { [OWNER_ANNOTATION]: owner } } : { name },
  };
}

/**
 * A canary pod. It passes Pod Security "restricted", and asks for so little that it fits below a quota.
 *
 * @throws RangeError for a label that would make a workload adopt the canary or a Service send it traffic.
 */
export function toCanaryPod(name: string, args: CanaryArgs, owner: string): KubeObject {
  if (Object.hasOwn(args.labels ?? {}, WORKLOAD_LABEL)) {
    throw new RangeError(`A canary must not have the label ${WORKLOAD_LABEL}: Services and ReplicaSets select on it.`);
  }
  const { listens = [] } = args;
  const lowPorts = listens.some((port) => port < FIRST_UNPRIVILEGED_PORT);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: args.namespace,
      labels: { ...args.labels, ...CANARY_LABELS },
      annotations: { [OWNER_ANNOTATION]: owner },
    },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 0,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        runAsGroup: 65532,
        seccompProfile: { type: "RuntimeDefault" },
        // One of the settings that Kubernetes counts as safe and that Pod Security "restricted" admits.
        ...(lowPorts ? { sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }] } : {}),
      },
      containers: [
        {
          name: "canary",
          image: CANARY_IMAGE,
          imagePullPolicy: "IfNotPresent",
          command: ["sh", "-c", `${listenScript(listens)}exec "$@"`, "--"],
          args: ["sleep", String(CANARY_LIFETIME_SECONDS)],
          ...readiness(listens),
          resources: {
            requests: { cpu: "1m", memory: "16Mi", "ephemeral-storage": "1Mi" },
            // The container runtime starts each script with a process of its own of about 12 MiB.
            limits: { cpu: "100m", memory: "64Mi", "ephemeral-storage": "8Mi" },
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            runAsNonRoot: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    },
  };
}

/** Starts a server for each port, one after the other. /etc is there to be served whatever the image is made of. */
function listenScript(ports: readonly number[]): string {
  return ports.map((port) => `httpd -p ${port} -h /etc && `).join("");
}

/** A canary is ready when the last of its servers listens, and so all of them. */
function readiness(ports: readonly number[]): object {
  const port = ports.at(-1);
  return port === undefined ? {} : { readinessProbe: { tcpSocket: { port }, periodSeconds: 1 } };
}

function randomHex(): string {
  return randomBytes(4).toString("hex");
}
