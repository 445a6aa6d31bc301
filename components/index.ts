export { secretChecksum } from "./checksum.ts";
export {
  FIELD_MANAGER,
  type ComponentArgs,
  type Placement,
  type Transform,
  type TransformedChild,
} from "./component.ts";
export type { Connection } from "./data-stores/connection.ts";
export type { GoldenSnapshot } from "./data-stores/golden-snapshot.ts";
export { claimName, Postgres, type PostgresArgs } from "./data-stores/postgres.ts";
export { readSeedMessages } from "./data-stores/seed.ts";
export { Redis, type RedisArgs } from "./data-stores/redis.ts";
export { toCanonicalForm } from "./canonical-form.ts";
export { Environment, type ClusterFacts, type EnvironmentArgs, type MissingSnapshot } from "./environment.ts";
export { Migration, type MigrationArgs } from "./migration.ts";
export { Namespace, type NamespaceArgs } from "./namespace.ts";
export {
  EnvironmentPolicies,
  environmentPolicies,
  partPolicy,
  type ApiServerAddress,
  type PolicySpec,
} from "./network-policies.ts";
export { tellOfObjects } from "./object-listener.ts";
export { Observability } from "./observability/stack.ts";
export { createPassword } from "./password.ts";
export { listSecretKeys } from "./secret-keys.ts";
export { Service, type ServiceArgs } from "./service.ts";
