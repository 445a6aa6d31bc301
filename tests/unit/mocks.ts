import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceOutputsRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";

/** Kubernetes objects by kind, as components register them: fields that were left out are not there. */
export interface Kinds {
  Namespace: k8s.types.output.core.v1.Namespace;
  ServiceAccount: k8s.types.output.core.v1.ServiceAccount;
  ResourceQuota: k8s.types.output.core.v1.ResourceQuota;
  LimitRange: k8s.types.output.core.v1.LimitRange;
  ConfigMap: k8s.types.output.core.v1.ConfigMap;
  Secret: k8s.types.output.core.v1.Secret;
  Service: k8s.types.output.core.v1.Service;
  PersistentVolumeClaim: k8s.types.output.core.v1.PersistentVolumeClaim;
  Deployment: k8s.types.output.apps.v1.Deployment;
  StatefulSet: k8s.types.output.apps.v1.StatefulSet;
  DaemonSet: k8s.types.output.apps.v1.DaemonSet;
  Job: k8s.types.output.batch.v1.Job;
  CronJob: k8s.types.output.batch.v1.CronJob;
  NetworkPolicy: k8s.types.output.networking.v1.NetworkPolicy;
  PodDisruptionBudget: k8s.types.output.policy.v1.PodDisruptionBudget;
  HorizontalPodAutoscaler: k8s.types.output.autoscaling.v2.HorizontalPodAutoscaler;
  HTTPRoute: Custom;
  ServiceMonitor: Custom;
}

interface Custom {
  readonly apiVersion: string;
  readonly metadata: k8s.types.output.meta.v1.ObjectMeta;
  readonly spec: unknown;
}

const RANDOM = "random:index/randomPassword:RandomPassword";

/** A pod template together with the workload it belongs to. */
export interface PodTemplate {
  /** e.g. "StatefulSet postgres". */
  readonly owner: string;
  readonly kind: keyof Kinds;
  readonly namespace: string;
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly metadata: k8s.types.output.meta.v1.ObjectMeta;
  readonly spec: k8s.types.output.core.v1.PodSpec;
  /** Names of the volume claim templates, which the pod mounts without listing them. */
  readonly claims: readonly string[];
}

/** One resource as a component registered it. */
export interface Registered<T = Readonly<Record<string, unknown>>> {
  readonly type: string;
  /** Pulumi name. */
  readonly name: string;
  readonly urn: string;
  /** Pulumi name of the parent; undefined at the top. */
  readonly parent: string | undefined;
  /** Pulumi names of what it waits for, sorted. */
  readonly dependsOn: readonly string[];
  /** Pulumi name of the resource whose deletion deletes it too. */
  readonly deletedWith: string | undefined;
  readonly protect: boolean;
  /** Seconds or the like, as given, e.g. "660s". */
  readonly createTimeout: string | undefined;
  /** The inputs, secrets in the clear. */
  readonly object: T;
  /** Where the inputs hold secrets, e.g. "stringData.password". */
  readonly secretPaths: readonly string[];
  /** Outputs of a component; undefined until it has called registerOutputs. */
  outputs: unknown;
}

/** Everything that a program registered, in the order of registration. */
export class Recording {
  readonly resources: Registered[] = [];

  /** Resources with Pulumi type `type`. */
  ofType(type: string): Registered[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  /** Kubernetes objects, whatever their kind. */
  objects(): Registered<{ kind: string; apiVersion: string; metadata: k8s.types.output.meta.v1.ObjectMeta }>[] {
    return this.resources.filter(({ type }) => type.startsWith("kubernetes:")) as never;
  }

  /** Kubernetes objects of one kind. */
  all<K extends keyof Kinds>(kind: K): Registered<Kinds[K]>[] {
    return this.objects().filter(({ object }) => object.kind === kind) as never;
  }

  /** The one Kubernetes object of a kind and name; fails where there is none, or more than one. */
  one<K extends keyof Kinds>(kind: K, name: string): Registered<Kinds[K]> {
    const found = this.all(kind).filter(({ object }) => object.metadata.name === name);
    const [only] = found;
    const names = this.all(kind).map(({ object }) => object.metadata.name);
    assert.ok(only && found.length === 1, `${found.length} of ${kind} "${name}"; there are: ${names.join(", ")}`);
    return only;
  }

  /** The one resource with a Pulumi name and a type that ends so. */
  named(name: string, typeSuffix = ""): Registered {
    const found = this.resources.filter((resource) => resource.name === name && resource.type.endsWith(typeSuffix));
    const [only] = found;
    assert.ok(only && found.length === 1, `${found.length} of "${name}" (${typeSuffix || "any type"})`);
    return only;
  }

  /** Names of the Kubernetes objects that hold a generated secret or any part of 16 digits from its start, sorted. */
  holdersOf(generated: string): string[] {
    return this.objects()
      .filter(({ object }) => pathsOf(object, generatedPassword(generated, 16)).length > 0)
      .map(({ object }) => `${object.kind} ${object.metadata.name}`)
      .sort();
  }

  /** Pulumi names of the generated secrets. */
  generated(): string[] {
    return this.ofType(RANDOM).map(({ name }) => name);
  }

  /** Names of the Kubernetes objects, as "Kind name", sorted. */
  names(): string[] {
    return this.objects()
      .map(({ object }) => `${object.kind} ${object.metadata.name}`)
      .sort();
  }

  /** The pod templates of all workloads and jobs. */
  podTemplates(): PodTemplate[] {
    const workloads = (["Deployment", "StatefulSet", "DaemonSet", "Job"] as const).flatMap((kind) =>
      this.all<"StatefulSet">(kind as "StatefulSet").map(({ object: { metadata, spec } }) => ({
        kind,
        metadata,
        spec,
      })),
    );
    const jobs = this.all("CronJob").map(({ object: { metadata, spec } }) => ({
      kind: "CronJob" as const,
      metadata,
      spec: spec.jobTemplate.spec,
    }));
    return [...workloads, ...jobs].map(({ kind, metadata, spec }): PodTemplate => ({
      owner: `${kind} ${metadata.name}`,
      kind,
      namespace: metadata.namespace,
      selector: spec.selector?.matchLabels,
      metadata: spec.template.metadata,
      spec: spec.template.spec,
      claims:
        "volumeClaimTemplates" in spec ? (spec.volumeClaimTemplates ?? []).map((claim) => claim.metadata.name) : [],
    }));
  }
}

/** The first characters that the mocked @pulumi/random "generates" for a resource of this Pulumi name. */
export function generatedPassword(name: string, length = 32): string {
  return createHash("sha512").update(name).digest("hex").slice(0, length);
}

/**
 * Runs a program against mocks of the engine and waits until every resource it creates is registered. Each call starts
 * from nothing, so tests don't see each other.
 *
 * @returns what the program returns, and everything it registered.
 * @throws AssertionError where two resources have the same URN, which the engine would refuse.
 */
export async function record<T>(
  program: () => T | Promise<T>,
): Promise<{ readonly result: T; readonly recording: Recording }> {
  const recording = new Recording();
  const failures: string[] = [];
  await pulumi.runtime.setMocks({ newResource, call: () => ({}) }, "terrarium", "test");
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  watch(monitor, recording, failures);
  try {
    const result = await program();
    return { result, recording };
  } finally {
    await pulumi.runtime.disconnect();
    assert.deepEqual(failures, []);
  }
}

/** Waits for an output's value. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply((value) => {
      resolve(value);
    });
  });
}

/** Where a value holds a text: paths such as "spec.template.spec.containers.0.args.1". */
export function pathsOf(value: unknown, text: string, path = ""): string[] {
  if (typeof value === "string") return value.includes(text) ? [path] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => pathsOf(entry, text, path === "" ? key : `${path}.${key}`));
}

interface Monitor {
  newUrn(parent: string, type: string, name: string): string;
  registerResource(
    request: RegisterResourceRequest,
    callback: (error: unknown, response?: unknown) => void,
  ): Promise<void>;
  registerResourceOutputs(
    request: RegisterResourceOutputsRequest,
    callback: (error: unknown, response?: unknown) => void,
  ): void;
}

function newResource({ type, name, inputs }: pulumi.runtime.MockResourceArgs): pulumi.runtime.MockResourceResult {
  const state = inputs as Record<string, unknown>;
  if (type === RANDOM) {
    return { id: "none", state: { ...state, result: pulumi.secret(generatedPassword(name, Number(state["length"]))) } };
  }
  if (type === "kubernetes:core/v1:Namespace") {
    const metadata = state["metadata"] as { readonly name: string };
    return { id: metadata.name, state: { ...state, metadata: { ...metadata, uid: `uid-of-${metadata.name}` } } };
  }
  return { id: `${name}-id`, state };
}

/** Lets the recording see what the mocks are not told: dependencies, parents, protection, outputs of components. */
function watch(monitor: Monitor, recording: Recording, failures: string[]): void {
  const register = monitor.registerResource.bind(monitor);
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
  const names = new Map<string, string>();
  const nameOf = (urn: string): string => names.get(urn) ?? urn;
  // The types of all ancestors, as the engine has them: only so are duplicates found where it would find them.
  monitor.newUrn = (parent, type, name) => {
    const ancestors = parent === "" ? "" : `${parent.split("::")[2] ?? ""}$`;
    return `urn:pulumi:test::terrarium::${ancestors}${type}::${name}`;
  };
  monitor.registerResource = (request, callback) => {
    const urn = monitor.newUrn(request.getParent(), request.getType(), request.getName());
    if (names.has(urn)) failures.push(`two resources have the URN ${urn}`);
    names.set(urn, request.getName());
    const secretPaths: string[] = [];
    recording.resources.push({
      type: request.getType(),
      name: request.getName(),
      urn,
      parent: request.getParent() === "" ? undefined : nameOf(request.getParent()),
      dependsOn: request.getDependenciesList().map(nameOf).sort(),
      deletedWith: request.getDeletedwith() === "" ? undefined : nameOf(request.getDeletedwith()),
      protect: request.getProtect() ?? false,
      createTimeout: request.getCustomtimeouts()?.getCreate(),
      object: withoutSecretMarks(request.getObject()?.toJavaScript() ?? {}, "", secretPaths) as Record<string, unknown>,
      secretPaths,
      outputs: undefined,
    });
    return register(request, callback);
  };
  monitor.registerResourceOutputs = (request, callback) => {
    const resource = recording.resources.find(({ urn }) => urn === request.getUrn());
    if (resource) resource.outputs = withoutSecretMarks(request.getOutputs()?.toJavaScript() ?? {}, "", []);
    registerOutputs(request, callback);
  };
}

/** Key and value that mark an object as a secret's envelope in the engine's protocol. */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** Opens secrets' envelopes and notes where they were. */
function withoutSecretMarks(value: unknown, path: string, secretPaths: string[]): unknown {
  if (Array.isArray(value))
    return value.map((entry, index) => withoutSecretMarks(entry, join(path, index), secretPaths));
  if (typeof value !== "object" || value === null) return value;
  const entries = value as Readonly<Record<string, unknown>>;
  if (entries[SIGNATURE_KEY] === SECRET_SIGNATURE) {
    secretPaths.push(path);
    return withoutSecretMarks(entries["value"], path, []);
  }
  return Object.fromEntries(
    Object.entries(entries).map(([key, entry]) => [key, withoutSecretMarks(entry, join(path, key), secretPaths)]),
  );
}

function join(path: string, key: string | number): string {
  return path === "" ? String(key) : `${path}.${key}`;
}
