import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { OBSERVABILITY_PORTS } from "../../spec/index.ts";
import { configChecksum, secretChecksum } from "../checksum.ts";
import { httpProbe } from "../pod.ts";
import { alertmanagerConfig } from "./alertmanager-config.ts";
import { Server, type ServerArgs } from "./server.ts";
import { goMemoryLimit } from "./settings.ts";

/** Arguments of {@link Alertmanager}. */
export interface AlertmanagerArgs extends ServerArgs {
  /** Values that receivers name, by key. @default {} */
  readonly secretValues?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Key of the checksums that roll pods when a secret changes. */
  readonly checksumKey: pulumi.Input<string>;
}

const DATA = "/alertmanager";
const CONFIG = "/etc/alertmanager";
const SECRETS = "/run/secrets/alertmanager";

/** Alertmanager as one process: takes Prometheus's alerts and tells people; its volume keeps silences and what was told. */
export class Alertmanager extends Server {
  constructor(name: string, args: AlertmanagerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Alertmanager", name, "alertmanager", args, opts);
    const { receivers, resources } = args.environment.observability.alertmanager;
    const files = { "alertmanager.yml": alertmanagerConfig(receivers, SECRETS) };
    const config = this.configMap(name, files);
    const secretData = receiverSecrets(args);
    const secret = new k8s.core.v1.Secret(
      `${name}-secret`,
      { metadata: this.metadata(this.server, this.part), stringData: secretData },
      this.child(),
    );
    this.createServer(name, {
      dataPath: DATA,
      annotations: { ...configChecksum(files), ...secretChecksum(secretData, args.checksumKey) },
      volumes: [
        { name: "config", configMap: { name: this.server } },
        { name: "secrets", secret: { secretName: this.server, defaultMode: 0o440 } },
      ],
      mounts: [
        { volume: "config", path: CONFIG, readOnly: true },
        { volume: "secrets", path: SECRETS, readOnly: true },
      ],
      terminationGracePeriodSeconds: 30,
      container: {
        args: [
          `--config.file=${CONFIG}/alertmanager.yml`,
          `--storage.path=${DATA}`,
          `--web.listen-address=:${OBSERVABILITY_PORTS.alertmanager}`,
          // One instance has nobody to gossip with.
          "--cluster.listen-address=",
        ],
        env: goMemoryLimit(resources),
        livenessProbe: httpProbe("/-/healthy", "http", { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 }),
        readinessProbe: httpProbe("/-/ready", "http", { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3 }),
      },
      dependsOn: [config, secret],
    });
    this.registerOutputs({ url: this.url });
  }
}

/** Addresses and keys of the receivers by severity, each the content of a file. */
function receiverSecrets(args: AlertmanagerArgs): Record<string, pulumi.Input<string>> {
  const { receivers } = args.environment.observability.alertmanager;
  return Object.fromEntries(
    Object.entries(receivers).map(([severity, { secret }]) => {
      const value = args.secretValues?.[secret.config];
      if (value === undefined) {
        const path = `observability.alertmanager.receivers.${severity}.secret`;
        throw new pulumi.RunError(`${path}: secretValues has no key "${secret.config}"`);
      }
      return [severity, pulumi.secret(value)];
    }),
  );
}
