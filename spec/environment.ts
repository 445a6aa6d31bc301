import { z } from "zod";
import { dataStoreSchema, migrationSchema, type ResolvedDataStore, type ResolvedMigration } from "./data-store.ts";
import { quantity } from "./fields.ts";
import { dnsLabel, MAX_DATA_STORE_NAME_LENGTH, MAX_NAME_LENGTH } from "./names.ts";
import { networkSchema, type ResolvedNetwork } from "./network.ts";
import { observabilitySchema, type ResolvedObservability } from "./observability.ts";
import type { QuantityKind } from "./quantity.ts";
import { serviceSchema, type ResolvedService } from "./service.ts";
import { TIERS, type Tier } from "./tiers.ts";

/** End of the name of a log collector's namespace. */
const LOGS = "-logs";

/** Longest name of an environment, in characters: its log collector's namespace adds a suffix. */
const MAX_ENVIRONMENT_NAME_LENGTH = MAX_NAME_LENGTH - LOGS.length;

/** Schema of caps on an environment, with a way to write quantities. */
export function quotaOf<Quantity extends z.ZodType>(quantityOf: (kind: QuantityKind) => Quantity) {
  return z
    .strictObject({
      cpu: quantityOf("cpu").optional().meta({ description: "Sum of the pods' cpu limits." }),
      memory: quantityOf("bytes").optional().meta({ description: "Sum of the pods' memory limits." }),
      storage: quantityOf("bytes").optional().meta({ description: "Sum of the volumes' sizes." }),
      pods: z.int().min(1).optional().meta({ description: "Number of pods." }),
    })
    .meta({ description: "Caps on what the whole environment may use (a ResourceQuota). Default: none." });
}

const quotaSchema = quotaOf(quantity);

/** Schema of an environment: the one description that every way of running Terrarium starts from. */
export const environmentSchema = z
  .strictObject({
    name: dnsLabel(MAX_ENVIRONMENT_NAME_LENGTH).meta({ description: "Name of the environment and of its namespace." }),
    tier: z.enum(TIERS).meta({ description: "How much the environment matters; decides every default." }),
    application: dnsLabel().meta({
      description: "The application that the environment runs (label app.kubernetes.io/part-of).",
    }),
    services: z.record(dnsLabel(), serviceSchema).default({}).meta({ description: "Services by name." }),
    dataStores: z
      .record(dnsLabel(MAX_DATA_STORE_NAME_LENGTH), dataStoreSchema)
      .default({})
      .meta({ description: "Data stores by name." }),
    migrations: z.record(dnsLabel(), migrationSchema).default({}).meta({ description: "Migrations by name." }),
    network: networkSchema.prefault({}),
    observability: observabilitySchema.prefault({}),
    quota: quotaSchema.optional(),
    asleep: z.boolean().default(false).meta({
      description:
        "Whether it sleeps: no workload has a pod, services first and data stores last, and migrations run anew when it wakes; volumes, addresses and credentials stay. Tier dev only.",
    }),
  })
  .meta({
    id: "Environment",
    description: "A full-stack environment: services, data stores, network and observability.",
  });

/** What a team says about an environment. */
export type EnvironmentSpec = z.input<typeof environmentSchema>;

/** An environment with every default filled in and every reference checked. */
export interface ResolvedEnvironment {
  readonly name: string;
  readonly tier: Tier;
  readonly application: string;
  readonly services: Readonly<Record<string, ResolvedService>>;
  readonly dataStores: Readonly<Record<string, ResolvedDataStore>>;
  readonly migrations: Readonly<Record<string, ResolvedMigration>>;
  readonly network: ResolvedNetwork;
  readonly observability: ResolvedObservability;
  readonly quota?: z.output<typeof quotaSchema>;
  readonly asleep: boolean;
}

/** Name of the namespace that an environment's log collector runs in, where it has one. */
export function logNamespace(environment: string): string {
  return `${environment}${LOGS}`;
}

/** Name of the namespace that an environment's log collector runs in; undefined where it has none. */
export function logNamespaceOf({ name, observability }: ResolvedEnvironment): string | undefined {
  return observability.loki.enabled && observability.collector.enabled ? logNamespace(name) : undefined;
}
