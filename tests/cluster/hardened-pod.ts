/** What a pod of a test does. */
export interface HardenedPodArgs {
  readonly name: string;
  readonly namespace: string;
  readonly command: readonly string[];
  /** Limit of memory, as a Kubernetes quantity. @default "16Mi" */
  readonly memory?: string;
  /** @default none that a policy or a workload selects on */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Seconds after which a pod ends whose test was killed. */
const LIFETIME_SECONDS = 600;

/** A pod that Pod Security "restricted" admits, with a shell, as JSON. */
export function hardenedPod({ name, namespace, command, memory = "16Mi", labels }: HardenedPodArgs): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { test: "cluster", ...labels } },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      activeDeadlineSeconds: LIFETIME_SECONDS,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "main",
          image: "busybox:1.36",
          command,
          resources: {
            requests: { cpu: "10m", memory: "8Mi" },
            limits: { cpu: "100m", memory, "ephemeral-storage": "16Mi" },
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    },
  });
}
