import { z } from "zod";
import { dnsLabel } from "../../spec/names.ts";
import { quantity } from "../../spec/fields.ts";

const span = z.string().regex(/^[1-9][0-9]{0,4}(s|m|h)$/, { error: 'a time span such as "30s", "10m" or "2h"' });

/** Schemes of the backends in which Pulumi can keep state. */
const BACKENDS = /^(file|postgres|s3|gs|azblob|https?):\/\/\S+$/;

/** Schema of what the platform's configuration says of operations: how they run, and where their state is. */
export const runnerSettingsSchema = z
  .strictObject({
    kind: z.enum(["process", "job"]).default("process").meta({
      description:
        "process: each operation is a process beside the service. job: each is a Kubernetes Job, so that work spreads over the nodes.",
    }),
    project: dnsLabel().default("preview-environments").meta({
      description: "Name of the Pulumi project that the stacks belong to.",
    }),
    state: z
      .strictObject({
        address: z
          .string()
          .regex(BACKENDS, { error: 'the address of a Pulumi backend, such as "file:///var/lib/terrarium/state"' })
          .optional()
          .meta({
            description:
              "Where Pulumi keeps the stacks' state: file://…, postgres://…, s3://…, gs://…, azblob://…, https://…. Default: addressFile, else the folder `state` in the service's data folder.",
          }),
        addressFile: z.string().min(1).optional().meta({
          description: "File that holds the address, where that has a password in it.",
        }),
        secretsProvider: z.string().min(1).default("passphrase").meta({
          description:
            "What encrypts secrets in the state: passphrase, or the address of a key (awskms://…, gcpkms://…, azurekeyvault://…, hashivault://…).",
        }),
        passphraseFile: z.string().min(1).optional().meta({
          description:
            "File that holds the passphrase. Default: the file `passphrase` in the service's data folder, which is made.",
        }),
        saveOnce: z.boolean().default(false).meta({
          description:
            "Whether state is saved at the end of an update alone, not with each resource. Faster; only for clusters that are thrown away.",
        }),
      })
      .prefault({})
      .meta({ description: "The stacks' state." }),
    policyPacks: z.array(z.string().min(1)).default([]).meta({
      description:
        "Folders of CrossGuard policy packs; each preview must pass them before anything is changed. Relative names start at this file's folder.",
    }),
    timeout: span.default("30m").meta({ description: "Longest time of one operation." }),
    grace: span.default("30s").meta({
      description: "How long an operation that is asked to stop may take to save its state; then it is killed.",
    }),
    memory: quantity("bytes").default("1Gi").meta({
      description: "Most memory of one operation with all its processes; one that takes more is killed.",
    }),
    parallel: z.int().min(1).max(256).default(64).meta({
      description: "Resources of one environment that are worked on at once; each holds its place until it is ready.",
    }),
    namespaceRole: z.string().min(1).optional().meta({
      description:
        "ClusterRole that operations hold in the namespaces of the environment they work on: the service makes these namespaces and binds it there. Default: none; operations do with the rights that their service account has anyway.",
    }),
    spare: z.int().min(0).max(16).default(2).meta({
      description:
        "Processes that wait, loaded, for the next operations; about 110 MB each. They are started while operations run.",
    }),
    spareFor: span.default("60s").meta({ description: "How long they wait before they end." }),
    job: z
      .strictObject({
        image: z.string().min(1).optional().meta({ description: "Image of the Jobs' pods: the service's own." }),
        serviceAccount: dnsLabel().default("terrarium-operations").meta({
          description: "Service account of the Jobs' pods.",
        }),
        keep: span.default("10m").meta({ description: "How long a Job that ended stays, for people to look at." }),
      })
      .prefault({})
      .meta({ description: "For kind job." }),
  })
  .meta({ id: "Runner", description: "How operations run, and where their state is." });

/** The settings with defaults filled in. */
export type RunnerSettings = z.output<typeof runnerSettingsSchema>;
