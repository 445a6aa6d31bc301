import assert from "node:assert/strict";
import type { Placement } from "../../../components/index.ts";
import { Observability } from "../../../components/observability/stack.ts";
import { resolveEnvironment, type EnvironmentSpec, type Tier } from "../../../spec/index.ts";
import { collect, type Registered } from "./mocks.ts";

/** Where the stack of {@link environment} goes, and where its log collector goes. */
export function placements(tier: Tier = "dev"): { readonly placement: Placement; readonly logs: Placement } {
  const shared = { environment: "shop", application: "shop", tier };
  return {
    placement: { ...shared, namespace: "shop", serviceAccountName: "shop" },
    logs: { ...shared, namespace: "shop-logs", serviceAccountName: "log-collector" },
  };
}

/** An environment with one service that is scraped and one that is not. */
export function environment(
  tier: Tier = "dev",
  observability: EnvironmentSpec["observability"] = {},
  dataStores: EnvironmentSpec["dataStores"] = {},
  more: EnvironmentSpec["services"] = {},
) {
  const image = "registry.example.com/web:1.2.3";
  return resolveEnvironment({
    name: "shop",
    tier,
    application: "shop",
    services: {
      web: { image, resources: { limits: { cpu: "500m", memory: "256Mi" } } },
      quiet: { image, metrics: false },
      ...more,
    },
    dataStores,
    observability,
  });
}

/** What the stack of an environment registers. */
export async function stack(tier: Tier = "dev", observability: EnvironmentSpec["observability"] = {}) {
  const { created, objects } = await collect(
    () =>
      new Observability("obs", {
        ...placements(tier),
        environment: environment(tier, observability),
        checksumKey: "key",
      }),
  );
  return { stack: created, objects };
}

/** A Kubernetes object as plain data. */
export interface Manifest {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: never;
}

/** All objects of a kind, e.g. "StatefulSet". */
export function ofKind(objects: readonly Registered[], kind: string): Registered[] {
  return objects.filter(({ type }) => !type.startsWith("terrarium:") && type.endsWith(`:${kind}`));
}

/** The one object of a kind and name; `T` is what the test reads of it. */
export function find<T = Manifest>(objects: readonly Registered[], kind: string, name: string, namespace = "shop"): T {
  const found = ofKind(objects, kind).filter(({ inputs }) => {
    const { metadata } = inputs as unknown as Manifest;
    return metadata.name === name && metadata.namespace === namespace;
  });
  assert.equal(found.length, 1, `${kind} ${namespace}/${name}: ${found.length} found`);
  return found[0]?.inputs as T;
}

/** What tests read of a StatefulSet or DaemonSet. */
export interface Workload {
  readonly spec: {
    readonly replicas: number;
    readonly serviceName: string;
    readonly template: {
      readonly metadata: {
        readonly annotations: Readonly<Record<string, string>>;
        readonly labels: Readonly<Record<string, string>>;
      };
      readonly spec: {
        readonly serviceAccountName: string;
        readonly automountServiceAccountToken: boolean;
        readonly securityContext: { readonly runAsUser: number; readonly runAsNonRoot: boolean };
        readonly tolerations?: readonly { readonly operator: string }[];
        readonly volumes: readonly {
          readonly name: string;
          readonly hostPath?: { readonly path: string; readonly type: string };
          readonly persistentVolumeClaim?: { readonly claimName: string };
          readonly secret?: {
            readonly secretName: string;
            readonly items: readonly object[];
            readonly defaultMode: number;
          };
        }[];
        readonly containers: readonly Container[];
      };
    };
  };
}

/** What tests read of a container. */
export interface Container {
  readonly image: string;
  readonly args?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly startupProbe?: Probe;
  readonly securityContext: {
    readonly readOnlyRootFilesystem: boolean;
    readonly capabilities: { readonly drop: readonly string[]; readonly add?: readonly string[] };
  };
}

interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
  readonly exec?: unknown;
}

/** The only container of a workload. */
export function containerOf(workload: Workload): Container {
  const [container, ...more] = workload.spec.template.spec.containers;
  assert.equal(more.length, 0);
  assert.ok(container);
  return container;
}
