import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { backupName, DATA_STORE_PORTS, type ResolvedBackup, type ResolvedPostgres } from "../../spec/index.ts";
import { Component, type ComponentArgs } from "../component.ts";
import { createNetworkPolicy, type PolicySpec } from "../network-policies.ts";
import { createPodTemplate } from "../pod.ts";
import { createVolume } from "../volume.ts";

/** Arguments of {@link PostgresBackup}. */
export interface PostgresBackupArgs extends ComponentArgs {
  readonly store: ResolvedPostgres;
  readonly backup: ResolvedBackup;
  /** Secret with the key "password" of the store's application role. */
  readonly secretName: string;
  /** Role that dumps. */
  readonly login: string;
  readonly policy: PolicySpec;
  /** The store's workload. */
  readonly readyAfter: readonly pulumi.Resource[];
}

const BACKUPS = "/backups";
/** How often a store that doesn't answer is asked, 5 seconds apart, before the pod fails and the job's next one begins. */
const ASKED = 60;

/** Scheduled dumps (pg_dump, custom format) of a Postgres store to a volume of their own; the newest ones are kept. */
export class PostgresBackup extends Component {
  constructor(storeName: string, args: PostgresBackupArgs, opts?: pulumi.ComponentResourceOptions) {
    const name = backupName(storeName);
    super("PostgresBackup", name, args, opts);
    const { store, backup } = args;
    const part = { name, component: "backup", image: store.image };
    createNetworkPolicy(name, { metadata: this.metadata(name, part), policy: args.policy }, this.child());
    const backups = createVolume(
      name,
      {
        metadata: this.metadataOf(part),
        claim: name,
        size: backup.storage,
        storageClass: store.storage.storageClass,
      },
      this.slowChild({ protect: store.deletion === "protect" }),
    );
    new k8s.batch.v1.CronJob(
      `${name}-cronjob`,
      {
        metadata: this.metadata(name, part),
        spec: {
          schedule: backup.schedule,
          suspend: args.placement.asleep ? true : undefined,
          timeZone: "Etc/UTC",
          concurrencyPolicy: "Forbid",
          successfulJobsHistoryLimit: 1,
          failedJobsHistoryLimit: 3,
          startingDeadlineSeconds: 3600,
          jobTemplate: {
            metadata: { labels: this.metadata(name, part).labels },
            spec: {
              backoffLimit: 2,
              activeDeadlineSeconds: 6 * 3600,
              template: createPodTemplate({
                identity: this.identity(part),
                user: store.user,
                serviceAccountName: args.placement.serviceAccountName,
                restartPolicy: "Never",
                volumes: [backups.volume],
                container: {
                  name: "pg-dump",
                  image: store.image,
                  command: ["sh", "-eu", "-c", dumpScript(backup)],
                  env: {
                    PGHOST: storeName,
                    PGPORT: String(DATA_STORE_PORTS.postgres),
                    PGUSER: args.login,
                    PGDATABASE: store.database,
                    PGPASSWORD: { secretKeyRef: { name: args.secretName, key: "password" } },
                  },
                  resources: store.resources,
                  mounts: [{ volume: "data", path: BACKUPS }],
                },
              }),
            },
          },
        },
      },
      this.podChild({ dependsOn: [backups.claim, ...args.readyAfter] }),
    );
    this.registerOutputs({});
  }
}

/**
 * Waits for a store that is being started, as after an update or on a node that failed: the next night would be a day later.
 * Dumps to a temporary name first: a dump that was cut short is never taken for a backup. Dumps of a database that the store had
 * under another name stay, and don't count among those that are kept.
 */
function dumpScript(backup: ResolvedBackup): string {
  return `umask 077
asked=0
until pg_isready -q -t 5; do
  asked=$((asked + 1))
  [ $asked -lt ${ASKED} ] || { echo "$PGHOST does not answer: nothing is dumped" >&2; exit 1; }
  sleep 5
done
file=${BACKUPS}/$PGDATABASE-$(date -u +%Y%m%dT%H%M%SZ).dump
rm -f ${BACKUPS}/*.partial
pg_dump --format=custom --no-password --file="$file.partial"
pg_restore --list "$file.partial" > /dev/null
mv "$file.partial" "$file"
ls -1 ${BACKUPS}/$PGDATABASE-*.dump | sort -r | tail -n +${backup.keep + 1} | while read -r old; do rm -f "$old"; done
echo "kept: $(ls -1 ${BACKUPS}/$PGDATABASE-*.dump | wc -l) dumps, newest $file"`;
}
