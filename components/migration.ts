import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { toEnvironmentVariableStem, type ResolvedMigration } from "../spec/index.ts";
import { Component, type ComponentArgs, type Part } from "./component.ts";
import type { Connection } from "./data-stores/connection.ts";
import { createNetworkPolicy, type PolicySpec } from "./network-policies.ts";
import { createPassword } from "./password.ts";
import { createPodTemplate } from "./pod.ts";

/** Arguments of {@link Migration}. */
export interface MigrationArgs extends ComponentArgs {
  readonly migration: ResolvedMigration;
  /** The Postgres store that is migrated. */
  readonly connection: Connection;
  readonly policy: PolicySpec;
}

/**
 * A job that runs when its Postgres store is ready; services that call the store wait until it has succeeded. A changed
 * image or command runs it again: a Job can't be changed, so the engine replaces it. While the environment sleeps the Job is
 * not there, and so it runs anew when it wakes.
 */
export class Migration extends Component {
  /** The finished job, to wait for; nothing while the environment sleeps. */
  readonly done: readonly pulumi.Resource[];
  /** Password of the seeded test user; undefined where none is seeded. */
  readonly testUserPassword: pulumi.Output<string> | undefined;

  constructor(name: string, args: MigrationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Migration", name, args, opts);
    const { migration, connection } = args;
    const part = { name, component: "migration", image: migration.image };
    const url = connection.secretEnv[`${toEnvironmentVariableStem(migration.dataStore)}_URL`];
    const secrets: Record<string, pulumi.Output<string>> = {
      ...connection.secretEnv,
      ...(url ? { DATABASE_URL: url } : {}),
    };
    if (migration.seedTestCredentials) {
      this.testUserPassword = createPassword(`${name}-test-user`, 24, { parent: this });
      secrets["TEST_USER_PASSWORD"] = this.testUserPassword;
    }
    const secret = new k8s.core.v1.Secret(
      `${name}-secret`,
      { metadata: this.metadata(name, part), stringData: secrets },
      this.child(),
    );
    const policy = createNetworkPolicy(
      name,
      { metadata: this.metadata(name, part), policy: args.policy },
      this.child(),
    );
    this.done = args.placement.asleep ? [] : [this.job(name, part, args, [secret, policy, ...connection.ready])];
    this.registerOutputs({});
  }

  private job(
    name: string,
    part: Part,
    { migration, connection, placement }: MigrationArgs,
    dependsOn: readonly pulumi.Resource[],
  ): pulumi.Resource {
    return new k8s.batch.v1.Job(
      `${name}-job`,
      {
        metadata: this.metadata(name, part),
        spec: {
          backoffLimit: migration.retries,
          activeDeadlineSeconds: migration.timeoutSeconds,
          template: createPodTemplate({
            identity: this.identity(part),
            user: migration.user,
            serviceAccountName: placement.serviceAccountName,
            restartPolicy: "Never",
            container: {
              name,
              image: migration.image,
              command: migration.command,
              env: {
                ...connection.env,
                ...(migration.seedTestCredentials ? { SEED_TEST_CREDENTIALS: "true" } : {}),
                ...migration.env,
              },
              envFromSecret: name,
              resources: migration.resources,
            },
          }),
        },
      },
      this.podChild({
        dependsOn: [...dependsOn],
        customTimeouts: { create: `${migration.timeoutSeconds + 60}s`, update: `${migration.timeoutSeconds + 60}s` },
      }),
    );
  }
}
