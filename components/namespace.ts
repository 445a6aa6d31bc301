import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  EPHEMERAL_STORAGE,
  TIER_DEFAULTS,
  waiverAnnotations,
  type ResolvedEnvironment,
  type Tier,
  type Waiver,
} from "../spec/index.ts";
import { Component, type ComponentArgs, type Placement } from "./component.ts";

/** Kubernetes minor version whose Pod Security Standards hold. */
const POD_SECURITY_VERSION = "v1.34";

/** How long a namespace may take to go once all that takes a moment in it is gone; longer, and something holds it. */
const DELETE_TIMEOUT = "2m";

/** Arguments of {@link Namespace}. */
export interface NamespaceArgs extends Omit<ComponentArgs, "placement"> {
  /** Name of the namespace. */
  readonly namespace: string;
  readonly environment: string;
  readonly application: string;
  readonly tier: Tier;
  /** Pod Security Standard that admission enforces. @default "restricted" */
  readonly podSecurity?: "restricted" | "privileged";
  /** Policies that the namespace is let off, by name. @default none */
  readonly waivers?: Readonly<Record<string, Waiver>>;
  /** Name of the service account for pods without an API token. */
  readonly serviceAccountName: string;
  /** Caps on everything in the namespace. @default none */
  readonly quota?: ResolvedEnvironment["quota"];
  /**
   * Namespaces that come and go with this one. The engine deletes in steps, each when the one before is done, and a
   * namespace takes seconds to go: these are put into the same step. @default none
   */
  readonly alongside?: readonly pulumi.Resource[];
  /** Whether a destroy is refused until the namespace is unprotected. @default false */
  readonly protect?: boolean;
}

/**
 * A namespace that enforces Pod Security, with a service account that holds no token, and, where asked for, a
 * ResourceQuota with the LimitRange that lets pods without limits live under it.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
export class Namespace extends Component {
  /** Where components put their objects in this namespace. */
  readonly target: Placement & { readonly namespaceResource: k8s.core.v1.Namespace };

  constructor(name: string, args: NamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    const { namespace, environment, application, tier, serviceAccountName } = args;
    const placement = { namespace, environment, application, tier, serviceAccountName };
    super("Namespace", name, { placement, transform: args.transform }, opts);
    const podSecurity = args.podSecurity ?? "restricted";
    const part = { name: namespace, component: "namespace" };
    const { labels, annotations } = this.metadata(namespace, part, waiverAnnotations(args.waivers ?? {}));
    const modes = podSecurity === "restricted" ? ["enforce", "audit", "warn"] : ["enforce"];
    const admission = modes.flatMap((mode) => [
      [`pod-security.kubernetes.io/${mode}`, podSecurity],
      [`pod-security.kubernetes.io/${mode}-version`, POD_SECURITY_VERSION],
    ]);
    const namespaceResource = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      {
        metadata: {
          name: namespace,
          annotations,
          labels: { ...labels, ...(Object.fromEntries(admission) as Record<string, string>) },
        },
      },
      { parent: this, protect: args.protect, customTimeouts: { delete: DELETE_TIMEOUT } },
    );
    const inside = { parent: this, deletedWith: namespaceResource, dependsOn: [namespaceResource as pulumi.Resource] };
    const prerequisites: pulumi.Resource[] = [
      new k8s.core.v1.ServiceAccount(
        `${name}-service-account`,
        {
          metadata: this.metadata(serviceAccountName, { name: serviceAccountName, component: "namespace" }),
          automountServiceAccountToken: false,
        },
        { ...inside, dependsOn: [...inside.dependsOn, ...(args.alongside ?? [])] },
      ),
    ];
    if (args.quota) prerequisites.push(...this.quota(name, args.quota, tier, inside));
    this.target = { ...placement, namespaceResource, podPrerequisites: prerequisites };
    this.registerOutputs({ namespace });
  }

  private quota(
    name: string,
    quota: NonNullable<ResolvedEnvironment["quota"]>,
    tier: Tier,
    opts: pulumi.CustomResourceOptions,
  ): pulumi.Resource[] {
    const hard: Record<string, string> = {
      ...(quota.cpu ? { "limits.cpu": quota.cpu } : {}),
      ...(quota.memory ? { "limits.memory": quota.memory } : {}),
      ...(quota.storage ? { "requests.storage": quota.storage } : {}),
      ...(quota.pods ? { pods: String(quota.pods) } : {}),
    };
    const { requests, limits } = TIER_DEFAULTS[tier].resources;
    const part = { name: "quota", component: "namespace" };
    return [
      new k8s.core.v1.ResourceQuota(
        `${name}-quota`,
        { metadata: this.metadata("quota", part, { "pulumi.com/skipAwait": "true" }), spec: { hard } },
        opts,
      ),
      new k8s.core.v1.LimitRange(
        `${name}-limits`,
        {
          metadata: this.metadata("limits", part),
          spec: {
            limits: [
              {
                type: "Container",
                default: { ...limits, "ephemeral-storage": EPHEMERAL_STORAGE.limit },
                defaultRequest: { ...requests, "ephemeral-storage": EPHEMERAL_STORAGE.request },
              },
            ],
          },
        },
        opts,
      ),
    ];
  }
}
