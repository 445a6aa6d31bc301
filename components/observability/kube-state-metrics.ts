import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ExporterPart } from "../../spec/index.ts";
import { Component, type ComponentArgs } from "../component.ts";
import type { PolicySpec } from "../network-policies.ts";
import { Exporter, EXPORTER_COMPONENT } from "./exporter.ts";

/** Arguments of {@link KubeStateMetrics}. */
export interface KubeStateMetricsArgs extends ComponentArgs {
  readonly exporter: ExporterPart;
  readonly policy: PolicySpec;
}

/** Label of pods by which their series get the name of their service. */
const POD_LABEL = "app.kubernetes.io/name";

/** The series that rules and dashboards read; it exposes no others. */
export const KUBE_SERIES = [
  "kube_pod_labels",
  "kube_pod_status_ready",
  "kube_pod_status_phase",
  "kube_pod_container_status_last_terminated_reason",
  "kube_pod_container_status_last_terminated_timestamp",
  "kube_pod_container_status_waiting_reason",
  "kube_pod_init_container_status_waiting_reason",
  "kube_cronjob_status_last_schedule_time",
  "kube_cronjob_status_last_successful_time",
  "kube_cronjob_next_schedule_time",
] as const;

/**
 * kube-state-metrics of one environment: what the Kubernetes API says about its pods and backups. It may list those of this
 * namespace, and read nothing else.
 *
 * @see https://github.com/kubernetes/kube-state-metrics
 */
export class KubeStateMetrics extends Component {
  constructor(name: string, args: KubeStateMetricsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("KubeStateMetrics", name, args, opts);
    const { exporter, placement, policy } = args;
    const part = { name: exporter.name, component: EXPORTER_COMPONENT, image: exporter.settings.image };
    const metadata = this.metadata(exporter.name, part);
    const account = new k8s.core.v1.ServiceAccount(
      `${name}-service-account`,
      { metadata, automountServiceAccountToken: false },
      this.child(),
    );
    const verbs = ["list", "watch"];
    const rules = [
      { apiGroups: [""], resources: ["pods"], verbs },
      { apiGroups: ["batch"], resources: ["cronjobs"], verbs },
    ];
    const access = [
      new k8s.rbac.v1.Role(`${name}-role`, { metadata, rules }, this.child()),
      new k8s.rbac.v1.RoleBinding(
        `${name}-role-binding`,
        {
          metadata,
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: exporter.name },
          subjects: [{ kind: "ServiceAccount", name: exporter.name, namespace: placement.namespace }],
        },
        this.child(),
      ),
    ];
    new Exporter(
      `${name}-exporter`,
      {
        placement,
        exporter,
        policy,
        container: {
          args: [
            `--namespaces=${placement.namespace}`,
            "--resources=pods,cronjobs",
            `--metric-allowlist=${KUBE_SERIES.join(",")}`,
            `--metric-labels-allowlist=pods=[${POD_LABEL}]`,
            `--port=${exporter.port}`,
            "--telemetry-host=127.0.0.1",
          ],
        },
        healthPath: "/healthz",
        account,
        dependsOn: access,
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
