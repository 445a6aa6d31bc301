export {
  addCapacities,
  capacityAsleep,
  estimateCapacity,
  estimateParts,
  NO_CAPACITY,
  type Capacity,
  type PartCapacity,
} from "./capacity.ts";
export { DATA_STORE_PORTS, EXPORTER_LOGIN } from "./data-store.ts";
export type {
  DataStoreSpec,
  MigrationSpec,
  ResolvedBackup,
  ResolvedDataStore,
  ResolvedMigration,
  ResolvedPostgres,
  ResolvedRedis,
} from "./data-store.ts";
export { duration, toMilliseconds } from "./duration.ts";
export { backupName, callablePorts, declaredEdges, seedName, type Edge } from "./edges.ts";
export {
  environmentSchema,
  logNamespace,
  logNamespaceOf,
  type EnvironmentSpec,
  type ResolvedEnvironment,
} from "./environment.ts";
export {
  isSet,
  STACK_CONFIG_KEYS,
  toEnvironmentSpec,
  type StackConfig,
  type StackConfigKey,
  type StackSource,
} from "./stack-config.ts";
export { exportersOf, KUBE_STATE, NODE_METRICS, type ExporterPart } from "./exporter-parts.ts";
export { extensionPatch } from "./extension-patch.ts";
export { environmentJsonSchema } from "./json-schema.ts";
export { SECRET_KEYS_ANNOTATION } from "./rendering.ts";
export { resolveEnvironment } from "./resolve.ts";
export { checkManifest, readInput, resolvePreviewEnvironment } from "./resolve-preview-environment.ts";
export { isPinned, parseImage, type ImageReference } from "./image.ts";
export { IMAGES } from "./images.ts";
export { OWN_PODS, selectorLabels, standardLabels, workloadLabels, WORKLOAD_LABEL, type Identity } from "./labels.ts";
export type { KubeObject } from "./kube-object.ts";
export { mapValues } from "./map-values.ts";
export { mergePatch } from "./merge-patch.ts";
export { MAX_NAME_LENGTH, toEnvironmentVariableStem } from "./names.ts";
export { DNS_PORT, HTTPS_PORT, PRIVATE_RANGES, type NetworkSpec, type ResolvedNetwork } from "./network.ts";
export {
  LOG_COLLECTOR,
  OBSERVABILITY_PORTS,
  OBSERVABILITY_SERVERS,
  type ObservabilitySpec,
  type ResolvedObservability,
} from "./observability.ts";
export { formatProblem, InvalidSpecError, wholeNumber, type Problem } from "./problem.ts";
export {
  PREVIEW_ENVIRONMENT,
  previewEnvironmentManifestSchema,
  previewEnvironmentSchema,
  type PreviewEnvironment,
  type PreviewEnvironmentManifest,
  type PreviewEnvironmentSpec,
  type ResolvedPreviewEnvironment,
} from "./preview-environment.ts";
export {
  CONDITIONS,
  PHASES,
  previewEnvironmentStatusSchema,
  type Condition,
  type ConditionType,
  type DiffSummary,
  type EnvironmentRoute,
  type Phase,
  type PreviewEnvironmentStatus,
  type StepTiming,
} from "./preview-environment-status.ts";
export { formatCapacity, formatMoney, monthlyCost, pricesSchema, type Prices } from "./prices.ts";
export { compareQuantities, formatBytes, parseQuantity, type QuantityKind } from "./quantity.ts";
export { needsStableIdentity, type ResolvedService, type ServiceSpec } from "./service.ts";
export {
  dumpSchema,
  LONGEST_SQL,
  type PostgresSeed,
  type PostgresSnapshot,
  SNAPSHOT_GROUP,
  snapshotSchema,
} from "./seed.ts";
export { idleAfterSchema, sleepScheduleSchema } from "./sleep.ts";
export { sleepPatch, wakePatch } from "./sleep-patch.ts";
export { SOURCE_STEPS, SOURCE_VOLUMES, type ResolvedSource } from "./source.ts";
export {
  EPHEMERAL_STORAGE,
  ROLES_RESOURCES,
  TIER_DEFAULTS,
  TIERS,
  type LogLevel,
  type ResourceDefaults,
  type Tier,
} from "./tiers.ts";
export { waiverAnnotations, type Waiver } from "./waiver.ts";
