import { formatBytes, parseQuantity, type EnvironmentSpec, toMilliseconds } from "../../spec/index.ts";
import { ACTIVATOR, ACTIVATOR_ADMIN_PORT } from "../names.ts";
import type { ActivatorSettings } from "../sleep-settings.ts";
import { APPLICATION, CONFIGURATION_FILE, MOUNTS, SERVICE } from "./names.ts";
import type { PodConfiguration } from "./pod-configuration.ts";

/** Folder of the volume for state, and its size. */
const DATA = { path: "/var/lib/terrarium", size: "5Gi" } as const;
/** Replicas where the state is somewhere that all of them reach: one leads, another takes over. */
const REPLICAS = 2;
/** Bytes of the service itself, with a thousand environments, and of a process that waits for an operation. */
const [OWN_BYTES, SPARE_BYTES] = [512 * 2 ** 20, 128 * 2 ** 20];
/** Bytes of an activator's pod. */
const ACTIVATOR_BYTES = 256 * 2 ** 20;
/** Seconds of a pod's grace period beyond what the service takes at most: it goes on serving for 5 of them. */
const SLACK_SECONDS = 15;

/** The service as Terrarium describes every application: one service in an environment of its own. */
export function platformDescription(image: string, { config, stateAddress }: PodConfiguration): EnvironmentSpec {
  const { namespace, http, runner, operations, drain, sleep, url } = config;
  const { activator } = sleep;
  const hasVolume = stateAddress === undefined;
  const replicas = hasVolume ? 1 : REPLICAS;
  const inJobs = runner.kind === "job";
  const operationBytes = parseQuantity(runner.memory, "bytes") ?? 0;
  const podBytes = OWN_BYTES + (inJobs ? 0 : operations * operationBytes + runner.spare * SPARE_BYTES);
  // An operation that is asked to stop and the one that follows it are there at the same time for a while.
  const jobs = inJobs ? operations * 2 : 0;
  // One more while an update replaces them.
  const guards = activator ? activator.replicas + 1 : 0;
  return {
    name: namespace,
    application: APPLICATION,
    tier: "staging",
    services: {
      [SERVICE]: {
        image,
        component: "platform",
        args: [
          "platform/serve.ts",
          `--config=${MOUNTS.configuration}/${CONFIGURATION_FILE}`,
          `--data=${hasVolume ? DATA.path : "/tmp/terrarium"}`,
        ],
        replicas,
        ports: { http: http.port },
        env: { HOME: "/tmp" },
        ...(hasVolume ? { volumes: [{ name: "data", mountPath: DATA.path, size: DATA.size }] } : {}),
        probes: { liveness: { path: "/healthz" }, readiness: { path: "/readyz" } },
        resources: {
          requests: { cpu: "250m", memory: formatBytes(OWN_BYTES) },
          limits: { cpu: String(inJobs ? 1 : Math.max(2, operations)), memory: formatBytes(podBytes) },
        },
        serviceAccountToken: true,
        terminationGracePeriodSeconds: seconds(drain) + seconds(runner.grace) + SLACK_SECONDS,
        // A single replica may always be moved: what it leaves is taken up again.
        disruption: { minAvailable: replicas - 1 },
      },
      ...(activator && url !== undefined ? { [ACTIVATOR]: activatorService(image, activator, url) } : {}),
    },
    ...(activator ? { network: { ingressNamespace: activator.ingressNamespace, gateway: activator.gateway } } : {}),
    observability: { enabled: false },
    quota: {
      pods: replicas + 1 + jobs + guards,
      memory: formatBytes((replicas + 1) * podBytes + jobs * operationBytes + guards * ACTIVATOR_BYTES),
    },
  };
}

/** What requests for environments come through; the gateway leads every name that an environment can have to it. */
function activatorService(
  image: string,
  { replicas, port }: ActivatorSettings,
  url: string,
): NonNullable<EnvironmentSpec["services"]>[string] {
  const [, ...parents] = new URL(url.replace("{name}", "name-of-it")).hostname.split(".");
  return {
    image,
    component: "activator",
    args: ["platform/activate.ts", `--config=${MOUNTS.configuration}/${CONFIGURATION_FILE}`],
    replicas,
    ports: { http: port, admin: ACTIVATOR_ADMIN_PORT },
    metrics: { port: "admin" },
    probes: {
      liveness: { path: "/healthz", port: "admin", initialDelaySeconds: 5 },
      readiness: { path: "/readyz", port: "admin", initialDelaySeconds: 1 },
    },
    resources: {
      requests: { cpu: "50m", memory: "128Mi" },
      limits: { cpu: "1", memory: formatBytes(ACTIVATOR_BYTES) },
    },
    expose: { hostnames: parents.length > 1 ? [`*.${parents.join(".")}`] : [] },
    serviceAccountToken: true,
    disruption: { minAvailable: replicas - 1 },
  };
}

function seconds(span: string): number {
  return Math.ceil(toMilliseconds(span) / 1000);
}
