import type * as k8s from "@pulumi/kubernetes";
import * as kx from "@pulumi/kubernetesx";
import type * as pulumi from "@pulumi/pulumi";
import {
  EPHEMERAL_STORAGE,
  standardLabels,
  workloadLabels,
  type Identity,
  type ResourceDefaults,
} from "../spec/index.ts";

/** A volume of a pod. */
export type Volume = k8s.types.input.core.v1.Volume;
/** An environment variable: a value, or a reference to a Secret, ConfigMap or pod field. */
export type EnvironmentValue = pulumi.Input<string | k8s.types.input.core.v1.EnvVarSource>;

/** One container. Hardening is not an argument: every container gets it. */
export interface ContainerArgs {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  /** Folder in which the process starts. @default the image's */
  readonly workingDir?: string;
  /** Container ports by name. @default none */
  readonly ports?: Readonly<Record<string, number>>;
  /** @default none */
  readonly env?: Readonly<Record<string, EnvironmentValue>>;
  /** ConfigMap whose keys become environment variables. @default none */
  readonly envFromConfigMap?: string;
  /** Secret whose keys become environment variables. @default none */
  readonly envFromSecret?: string;
  readonly resources: ResourceDefaults;
  /** Most of the node's disk that it may use, with the pod's emptyDirs, in bytes. @default the limit of all containers */
  readonly ephemeralStorage?: string;
  /** Where volumes of the pod appear: volume name to path. /tmp is always writable. @default none */
  readonly mounts?: readonly Mount[];
  readonly livenessProbe?: k8s.types.input.core.v1.Probe;
  readonly readinessProbe?: k8s.types.input.core.v1.Probe;
  readonly startupProbe?: k8s.types.input.core.v1.Probe;
  readonly lifecycle?: k8s.types.input.core.v1.Lifecycle;
  /** Where the container tells why it failed: in a file, or in the end of its log where that is empty. @default "File" */
  readonly terminationMessagePolicy?: "File" | "FallbackToLogsOnError";
  /** Capabilities beyond none; not possible under Pod Security "restricted". @default [] */
  readonly capabilities?: readonly string[];
}

/** Where a volume appears in a container. */
export interface Mount {
  readonly volume: string;
  readonly path: string;
  /** A single file or folder of the volume. @default the whole volume */
  readonly subPath?: string;
  /** @default false */
  readonly readOnly?: boolean;
}

/** A pod of one main container, and what helps it. */
export interface PodArgs {
  readonly identity: Identity;
  readonly container: ContainerArgs;
  /** Containers that run one after the other before the main one. @default [] */
  readonly initContainers?: readonly ContainerArgs[];
  /** Containers that run beside the main one. @default [] */
  readonly sidecars?: readonly ContainerArgs[];
  /** Volumes beyond /tmp. Volumes of claim templates are only mounted, not listed. @default [] */
  readonly volumes?: readonly Volume[];
  /** User, group and file-system group id of all processes; 0 only in privileged namespaces. */
  readonly user: number;
  readonly serviceAccountName: string;
  /** Whether the pod gets a token for the Kubernetes API. @default false */
  readonly serviceAccountToken?: boolean;
  /** Seconds between SIGTERM and SIGKILL. @default 30 */
  readonly terminationGracePeriodSeconds?: number;
  /** Spreads the pods over nodes and zones. @default false */
  readonly spread?: boolean;
  /** @default "Always", as workloads need it */
  readonly restartPolicy?: "Always" | "OnFailure" | "Never";
  readonly annotations?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Tolerates every taint: for one pod on each node. @default false */
  readonly everyNode?: boolean;
}

/** Folder that every container may write to, besides its volumes. */
const TMP = { name: "tmp", path: "/tmp" };

/**
 * A hardened pod template that passes Pod Security "restricted": no root, no privilege escalation, no capabilities,
 * read-only root file system with an emptyDir on /tmp, RuntimeDefault seccomp, no API token unless asked.
 *
 * This is the only place that uses kubernetesx: its PodBuilder turns maps of variables and ports and typed mounts into
 * a pod spec. Its workload classes select pods on the container name and are not used.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function createPodTemplate(args: PodArgs): k8s.types.input.core.v1.PodTemplateSpec {
  const root = args.user === 0;
  const builder = new kx.PodBuilder({
    containers: [
      toContainer(args.container, root, mountTmp),
      ...(args.sidecars ?? []).map((container) => toContainer(container, root, reuseTmp)),
    ],
    initContainers: args.initContainers?.map((container) => toContainer(container, root, reuseTmp)),
    volumes: [...(args.volumes ?? [])],
    serviceAccountName: args.serviceAccountName,
    automountServiceAccountToken: args.serviceAccountToken ?? false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: args.terminationGracePeriodSeconds ?? 30,
    restartPolicy: args.restartPolicy ?? "Always",
    securityContext: {
      runAsNonRoot: !root,
      runAsUser: args.user,
      runAsGroup: args.user,
      fsGroup: args.user,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    topologySpreadConstraints: args.spread ? spreadConstraints(args.identity) : undefined,
    tolerations: args.everyNode ? [{ operator: "Exists" }] : undefined,
  });
  return {
    metadata: {
      labels: { ...standardLabels(args.identity), ...workloadLabels(args.identity) },
      annotations: args.annotations ? { ...args.annotations } : undefined,
    },
    spec: builder.podSpec,
  };
}

/** An HTTP GET probe. */
export function httpProbe(
  path: string,
  port: string | number,
  timing: Pick<
    k8s.types.input.core.v1.Probe,
    "initialDelaySeconds" | "periodSeconds" | "timeoutSeconds" | "failureThreshold"
  >,
): k8s.types.input.core.v1.Probe {
  return { httpGet: { path, port }, ...timing };
}

/** A probe that runs a command in the container. */
export function execProbe(
  command: readonly string[],
  timing: Pick<
    k8s.types.input.core.v1.Probe,
    "initialDelaySeconds" | "periodSeconds" | "timeoutSeconds" | "failureThreshold"
  >,
): k8s.types.input.core.v1.Probe {
  return { exec: { command: [...command] }, ...timing };
}

type KxMount = kx.types.VolumeMount | k8s.types.input.core.v1.VolumeMount;

/** Mounts /tmp together with its volume: PodBuilder adds the volume to the pod. */
function mountTmp(): KxMount {
  return { volume: { name: TMP.name, emptyDir: { sizeLimit: EPHEMERAL_STORAGE.limit } }, destPath: TMP.path };
}

/** Mounts the /tmp that {@link mountTmp} has added to the pod. */
function reuseTmp(): KxMount {
  return { name: TMP.name, mountPath: TMP.path };
}

function toContainer(args: ContainerArgs, root: boolean, tmp: () => KxMount): kx.types.Container {
  const { requests, limits } = args.resources;
  return {
    name: args.name,
    image: args.image,
    imagePullPolicy: "IfNotPresent",
    command: args.command ? [...args.command] : undefined,
    args: args.args ? [...args.args] : undefined,
    workingDir: args.workingDir,
    env: { ...args.env },
    envFrom: [
      ...(args.envFromConfigMap ? [{ configMapRef: { name: args.envFromConfigMap } }] : []),
      ...(args.envFromSecret ? [{ secretRef: { name: args.envFromSecret } }] : []),
    ],
    ports: { ...args.ports },
    resources: {
      requests: { ...requests, "ephemeral-storage": EPHEMERAL_STORAGE.request },
      limits: { ...limits, "ephemeral-storage": args.ephemeralStorage ?? EPHEMERAL_STORAGE.limit },
    },
    volumeMounts: [
      tmp(),
      ...(args.mounts ?? []).map((mount) => ({
        name: mount.volume,
        mountPath: mount.path,
        subPath: mount.subPath,
        readOnly: mount.readOnly,
      })),
    ],
    livenessProbe: args.livenessProbe,
    readinessProbe: args.readinessProbe,
    startupProbe: args.startupProbe,
    lifecycle: args.lifecycle,
    terminationMessagePolicy: args.terminationMessagePolicy,
    securityContext: {
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: !root,
      capabilities: { drop: ["ALL"], ...(args.capabilities ? { add: [...args.capabilities] } : {}) },
    },
  };
}

function spreadConstraints(identity: Identity): k8s.types.input.core.v1.TopologySpreadConstraint[] {
  return ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: workloadLabels(identity) },
  }));
}
