import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { OBSERVABILITY_PORTS, type ResolvedObservability } from "../../spec/index.ts";
import { configChecksum } from "../checksum.ts";
import { httpProbe } from "../pod.ts";
import { DECLARED_RULES_FILE, prometheusArgs, prometheusFiles } from "./prometheus-config.ts";
import { Server, type ServerArgs } from "./server.ts";
import { goMemoryLimit } from "./settings.ts";

const DATA = "/prometheus";
const CONFIG = "/etc/prometheus";

/**
 * Prometheus of one environment: finds the environment's pods through the Kubernetes API, with a role that can read the
 * pods of this namespace (of all namespaces where it also reads previews, and nodes where it reads Felix) and nothing else;
 * records the golden signals; evaluates the alert rules. Data is deleted by age, and earlier when the volume fills.
 */
export class Prometheus extends Server {
  constructor(name: string, args: ServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Prometheus", name, "prometheus", args, opts);
    const { prometheus } = args.environment.observability;
    const files = prometheusFiles(args.environment, CONFIG);
    const config = this.configMap(name, files);
    // Limits of services change with every resize; Prometheus reads them while it runs, without a gap in its data.
    const restarting = Object.fromEntries(Object.entries(files).filter(([file]) => file !== DECLARED_RULES_FILE));
    this.createServer(name, {
      serviceAccountName: this.server,
      serviceAccountToken: true,
      dataPath: DATA,
      annotations: configChecksum(restarting),
      volumes: [{ name: "config", configMap: { name: this.server } }],
      mounts: [{ volume: "config", path: CONFIG, readOnly: true }],
      // A clean stop writes the newest samples out; without it the next start replays them from the log.
      terminationGracePeriodSeconds: 120,
      container: {
        args: prometheusArgs(prometheus, `:${OBSERVABILITY_PORTS.prometheus}`, CONFIG, DATA),
        env: goMemoryLimit(prometheus.resources),
        livenessProbe: httpProbe("/-/healthy", "http", { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 }),
        readinessProbe: httpProbe("/-/ready", "http", { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3 }),
      },
      dependsOn: [config, ...this.access(name, args.environment.observability)],
    });
    this.registerOutputs({ url: this.url });
  }

  private access(name: string, { previews, felix }: ResolvedObservability): pulumi.Resource[] {
    const metadata = this.metadata(this.server, this.part);
    const reading = (resource: string) => ({ apiGroups: [""], resources: [resource], verbs: ["get", "list", "watch"] });
    const rules = [reading("pods")];
    const clusterRules = [...(previews ? rules : []), ...(felix ? [reading("nodes")] : [])];
    const subjects = [{ kind: "ServiceAccount", name: this.server, namespace: this.placement.namespace }];
    return [
      new k8s.core.v1.ServiceAccount(
        `${name}-service-account`,
        { metadata, automountServiceAccountToken: false },
        this.child(),
      ),
      new k8s.rbac.v1.Role(`${name}-role`, { metadata, rules }, this.child()),
      new k8s.rbac.v1.RoleBinding(
        `${name}-role-binding`,
        {
          metadata,
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: this.server },
          subjects,
        },
        this.child(),
      ),
      ...(clusterRules.length > 0 ? this.clusterAccess(name, clusterRules, subjects) : []),
    ];
  }

  /**
   * Preview environments come and go: a role in each of their namespaces would always be late. Nodes are in none. These objects belong to no
   * namespace, so they are deleted by themselves.
   */
  private clusterAccess(
    name: string,
    rules: k8s.types.input.rbac.v1.PolicyRule[],
    subjects: k8s.types.input.rbac.v1.Subject[],
  ): pulumi.Resource[] {
    const metadata = { ...this.metadata(`${this.placement.namespace}-prometheus`, this.part), namespace: undefined };
    return [
      new k8s.rbac.v1.ClusterRole(`${name}-cluster-role`, { metadata, rules }, this.slowChild()),
      new k8s.rbac.v1.ClusterRoleBinding(
        `${name}-cluster-role-binding`,
        {
          metadata,
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: metadata.name },
          subjects,
        },
        this.slowChild(),
      ),
    ];
  }
}
