import type * as pulumi from "@pulumi/pulumi";

/** Key of the exporter's password in a data store's Secret, which has the store's name. */
export const EXPORTER_PASSWORD = "exporter-password";
/** Key of what a Redis store's exporter reads there: JSON, its password by the store's address. */
export const EXPORTER_PASSWORDS = "exporter-passwords.json";

/** What a client of a data store needs. */
export interface Connection {
  /** Non-secret environment variables: host, port, database, user. */
  readonly env: Readonly<Record<string, string>>;
  /** Secret environment variables: password and URL. */
  readonly secretEnv: Readonly<Record<string, pulumi.Output<string>>>;
  /** What a client's pods wait for: the store itself and its migrations. */
  readonly ready: readonly pulumi.Resource[];
}
