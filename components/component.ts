import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { standardLabels, type Identity, type Tier } from "../spec/index.ts";

/** Where a component puts its objects, and what must stand before its pods start. */
export interface Placement {
  /** Namespace of the objects; a plain name, so that objects may refer to each other without waiting. */
  readonly namespace: string;
  /** The environment's name (label app.kubernetes.io/instance). */
  readonly environment: string;
  /** The application's name (label app.kubernetes.io/part-of). */
  readonly application: string;
  /** The environment's tier. */
  readonly tier: Tier;
  /** Whether the environment sleeps: workloads have no pod, and jobs that need one are not there. @default false */
  readonly asleep?: boolean;
  /** Service account of pods that need no Kubernetes API token. */
  readonly serviceAccountName: string;
  /** The namespace object: every object waits for it and goes with it. @default the namespace exists already */
  readonly namespaceResource?: k8s.core.v1.Namespace;
  /** Objects are registered once this has settled; it orders work, not objects. @default at once */
  readonly registerAfter?: Promise<unknown>;
  /** What pods wait for beyond the namespace: default-deny policies, service account, quota. @default [] */
  readonly podPrerequisites?: readonly pulumi.Resource[];
}

/** One child object of a component, as the escape hatch sees it. */
export interface TransformedChild {
  /** Pulumi type, e.g. "kubernetes:apps/v1:Deployment". */
  readonly type: string;
  /** Pulumi name, e.g. "guestbook-backend-deployment". */
  readonly name: string;
  /** The object as it would be created; a changed copy may be returned. */
  readonly props: Readonly<Record<string, unknown>>;
}

/**
 * The one escape hatch: sees every object a component creates and may return it changed. What it returns is used as it
 * is, unchecked; the API server's admission still applies.
 */
export type Transform = (child: TransformedChild) => Readonly<Record<string, unknown>> | undefined;

/** Arguments that every component takes. */
export interface ComponentArgs {
  /** Where the objects go. */
  readonly placement: Placement;
  /** Changes objects on their way to the engine. @default nothing is changed */
  readonly transform?: Transform;
}

/** One part of an environment, as its objects' labels name it. */
export type Part = Pick<Identity, "name" | "component" | "image">;

/** Metadata of a namespaced object. */
export interface ObjectMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, pulumi.Input<string>>;
}

/**
 * Name under which fields are owned on the API server. The provider's own choice is random for each object and only kept
 * in its state: after an update that was killed, it would meet its own object as a stranger's and report a conflict.
 */
export const FIELD_MANAGER: Readonly<Record<string, string>> = { "pulumi.com/patchFieldManager": "terrarium" };

/** Options of a child object. */
export interface ChildOptions extends pulumi.CustomResourceOptions {
  dependsOn?: pulumi.Resource[];
  /** Settles with more of them, which are made later. */
  after?: Promise<readonly pulumi.Resource[]>;
}

/** Base of Terrarium's components: child options, labels and the escape hatch in one place. */
export abstract class Component extends pulumi.ComponentResource {
  protected readonly placement: Placement;

  /**
   * @param kind last part of the Pulumi type: "Service" becomes terrarium:index:Service.
   */
  protected constructor(kind: string, name: string, args: ComponentArgs, opts?: pulumi.ComponentResourceOptions) {
    super(`terrarium:index:${kind}`, name, {}, withTransform(args.transform, opts));
    this.placement = args.placement;
  }

  /** Options of a child object: it belongs to this component, waits for the namespace and is deleted with it. */
  protected child({ after, ...extra }: ChildOptions = {}): pulumi.CustomResourceOptions {
    const { namespaceResource, registerAfter } = this.placement;
    const dependsOn: pulumi.Input<pulumi.Resource>[] = [
      ...(namespaceResource ? [namespaceResource] : []),
      ...(extra.dependsOn ?? []),
    ];
    const later = registerAfter ?? after;
    return {
      parent: this,
      deletedWith: namespaceResource,
      ...extra,
      dependsOn: later
        ? Promise.all([after, registerAfter]).then<pulumi.Input<pulumi.Resource>[]>(([more = []]) => [
            ...dependsOn,
            ...more,
          ])
        : dependsOn,
    };
  }

  /**
   * Options of a child that takes a moment to go, a workload or a volume: it is deleted by itself before the namespace.
   * Kubernetes looks only every few seconds whether a namespace that is being deleted has become empty.
   */
  protected slowChild(extra: ChildOptions = {}): pulumi.CustomResourceOptions {
    return this.child({ ...extra, deletedWith: undefined });
  }

  /** Options of a child that runs pods: it also waits for the network policies that confine them. */
  protected podChild(extra: ChildOptions = {}): pulumi.CustomResourceOptions {
    return this.slowChild({
      ...extra,
      dependsOn: [...(this.placement.podPrerequisites ?? []), ...(extra.dependsOn ?? [])],
    });
  }

  /** Metadata of a child object, with the standard labels. */
  protected metadata(name: string, part: Part, annotations: Record<string, pulumi.Input<string>> = {}): ObjectMetadata {
    return {
      name,
      namespace: this.placement.namespace,
      labels: standardLabels(this.identity(part)),
      annotations: { ...FIELD_MANAGER, ...annotations },
    };
  }

  /** {@link metadata} of one part, for those that name several objects of it. */
  protected metadataOf(part: Part): (name: string, annotations: Record<string, string>) => ObjectMetadata {
    return (name, annotations) => this.metadata(name, part, annotations);
  }

  /** Completes a part's identity with the environment's and the application's names. */
  protected identity(part: Part): Identity {
    return { ...part, instance: this.placement.environment, partOf: this.placement.application };
  }
}

/** Keeps the provider from waiting for a Service's endpoints: the workload behind it proves readiness. */
export const SKIP_AWAIT: Readonly<Record<string, string>> = { "pulumi.com/skipAwait": "true" };

function withTransform(
  transform: Transform | undefined,
  opts: pulumi.ComponentResourceOptions = {},
): pulumi.ComponentResourceOptions {
  if (!transform) return opts;
  const adapter: pulumi.ResourceTransformation = ({ type, name, props, opts: childOpts }) => {
    const changed = transform({ type, name, props });
    return changed && { props: changed, opts: childOpts };
  };
  return { ...opts, transformations: [...(opts.transformations ?? []), adapter] };
}
