import { createHash } from "node:crypto";
import type { OperationRequest } from "../domain/operation.ts";
import type { OperationTask } from "./task.ts";

/** Labels and annotations by which a service finds the Jobs that an earlier one has started. */
export const JOB_LABELS = {
  stack: "terrarium.dev/stack",
  /** Set once the outcome was taken: such a Job says nothing new. */
  taken: "terrarium.dev/outcome-taken",
} as const;
/** Annotation with what was asked for: see {@link requestKey}. */
export const REQUEST_ANNOTATION = "terrarium.dev/request";
/** Name of the container of an operation's pod. */
export const CONTAINER = "operation";

/** Start of the names of Jobs, and so of their pods. */
export const JOB_PREFIX = "terrarium-op-";

/** Where the pod finds its task and the files that the task names. */
const MOUNT = "/etc/terrarium";
/** Seconds that Kubernetes gives a pod beyond the operation's own limits. */
const SLACK_SECONDS = 30;
/** User and group of the service's image, which the pods' image is. */
const USER = 65532;

/** Where and as what an operation's pod runs. */
export interface JobPlace {
  readonly namespace: string;
  /** The service's own image. */
  readonly image: string;
  readonly serviceAccount: string;
  /** Most memory of the pod, as a Kubernetes quantity. */
  readonly memory: string;
  /** How long a Job that ended stays, in seconds. */
  readonly keepSeconds: number;
}

/** A Job and the Secret that its pod reads. */
export interface JobManifests {
  readonly name: string;
  /** Suspended: it begins when its Secret is there. */
  readonly job: object;
  /** @param jobUid the Secret goes with the Job. */
  readonly secret: (jobUid: string) => object;
}

/** What a request asks for, without its id: a service that was restarted asks for the same again. */
export function requestKey({ kind, stack, namespace, description, refresh = false }: OperationRequest): string {
  const text = JSON.stringify([kind, stack, namespace, description, refresh]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/**
 * The objects of one operation.
 *
 * @param files texts of the files that the task's settings name, by name; see {@link mountedAt}.
 */
export function jobManifests(
  task: OperationTask,
  files: Readonly<Record<string, string>>,
  place: JobPlace,
): JobManifests {
  const { request, settings } = task;
  const name = jobName(request);
  const { namespace } = place;
  const labels = {
    "app.kubernetes.io/name": "terrarium-operation",
    "app.kubernetes.io/part-of": "terrarium",
    "app.kubernetes.io/managed-by": "terrarium",
    [JOB_LABELS.stack]: request.stack,
  };
  const graceSeconds = Math.ceil(settings.graceMs / 1000);
  return {
    name,
    job: {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name, namespace, labels, annotations: { [REQUEST_ANNOTATION]: requestKey(request) } },
      spec: {
        suspend: true,
        backoffLimit: 0,
        activeDeadlineSeconds: Math.ceil(settings.timeoutMs / 1000) + graceSeconds + SLACK_SECONDS,
        ttlSecondsAfterFinished: place.keepSeconds,
        template: { metadata: { labels }, spec: podSpec(name, place, graceSeconds + SLACK_SECONDS) },
      },
    },
    secret: (uid) => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name,
        namespace,
        labels,
        ownerReferences: [
          { apiVersion: "batch/v1", kind: "Job", name, uid, blockOwnerDeletion: true, controller: true },
        ],
      },
      stringData: { ...files, "task.json": JSON.stringify(task) },
    }),
  };
}

/** Path at which the pod finds a file of its Secret. */
export function mountedAt(file: string): string {
  return `${MOUNT}/${file}`;
}

/** A DNS label: Jobs' names are values of labels too. */
function jobName({ stack, id }: OperationRequest): string {
  const suffix = createHash("sha256").update(id).digest("hex").slice(0, 8);
  return `${JOB_PREFIX}${stack.slice(0, 35).replace(/-+$/, "")}-${suffix}`;
}

function podSpec(name: string, { image, serviceAccount, memory }: JobPlace, graceSeconds: number): object {
  return {
    restartPolicy: "Never",
    serviceAccountName: serviceAccount,
    terminationGracePeriodSeconds: graceSeconds,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: CONTAINER,
        image,
        imagePullPolicy: "IfNotPresent",
        args: ["platform/runner/operation-process.ts", mountedAt("task.json")],
        env: [
          { name: "HOME", value: "/tmp" },
          { name: "NODE_OPTIONS", value: "--disable-warning=ExperimentalWarning" },
        ],
        resources: { requests: { cpu: "250m", memory: "256Mi" }, limits: { cpu: "2", memory } },
        securityContext: {
          allowPrivilegeEscalation: false,
          privileged: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        volumeMounts: [
          { name: "task", mountPath: MOUNT, readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "task", secret: { secretName: name, defaultMode: 0o440 } },
      { name: "tmp", emptyDir: { sizeLimit: "1Gi" } },
    ],
  };
}
