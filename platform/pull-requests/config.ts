import { z } from "zod";
import { duration } from "../../spec/duration.ts";
import { PERMISSIONS } from "../domain/pull-requests/pull-request.ts";

/** Longest start of an environment's name: "-pr-" and a number follow. */
export const MAX_START = 36;

const patterns = z.array(z.string().min(1).max(256)).max(100).default([]);
const file = z.string().min(1);

/** Schema of how pull requests are heard of, and where. */
export const pullRequestsSchema = z
  .strictObject({
    github: z
      .strictObject({
        api: z
          .url({ protocol: /^https?$/, error: 'an address such as "https://api.github.com"' })
          .default("https://api.github.com")
          .meta({ description: "Address of the REST API; of a GitHub Enterprise Server: https://<host>/api/v3." }),
        app: z
          .strictObject({
            id: z.int().min(1).meta({ description: "Its number." }),
            privateKeyFile: file.meta({ description: "File with its private key (PEM)." }),
          })
          .optional()
          .meta({ description: "The GitHub App as which the service works." }),
        tokenFile: file.optional().meta({ description: "File with a token, in place of `app`." }),
        webhookSecretFile: file.optional().meta({
          description:
            "File with the secret that webhooks are signed with. Default: none, and every webhook is refused.",
        }),
      })
      .optional()
      .meta({ description: "GitHub. Default: no pull request is looked at." }),
    interval: z
      .string()
      .regex(/^[1-9][0-9]{0,4}(s|m|h)$/, { error: 'a time span such as "30s", "5m" or "1h"' })
      .default("5m")
      .meta({ description: "Between two comparisons of all open pull requests with all environments." }),
  })
  .prefault({})
  .meta({ description: "Environments of pull requests: where they are heard of." });

/** Schema of a repository's rules. */
export const pullRequestRulesSchema = z
  .strictObject({
    name: z
      .string()
      .regex(new RegExp(`^[a-z]([-a-z0-9]{0,${MAX_START - 2}}[a-z0-9])?$`), {
        error: `at most ${MAX_START} lower-case letters, digits and '-', starting with a letter and ending with a letter or digit`,
      })
      .optional()
      .meta({ description: "Environments are called `<name>-pr-<number>`. Default: the repository's own name." }),
    label: z.string().min(1).max(50).optional().meta({
      description: "Label that a pull request must have. Default: every pull request gets an environment.",
    }),
    paths: patterns.meta({
      description:
        "Files of which it must change one: `*` is anything but `/`, `**` anything, `!` in front takes out again, the last that fits decides. Empty: all.",
    }),
    branches: patterns.meta({ description: "Patterns of its own branch. Empty: all." }),
    bases: patterns.meta({ description: "Patterns of the branch that it is to be merged into. Empty: all." }),
    drafts: z.boolean().default(false).meta({ description: "Whether drafts get an environment." }),
    forks: z.enum(["refuse", "approve"]).default("refuse").meta({
      description:
        "approve: each commit of a fork waits until somebody approves it, then runs without the platform's secrets and with less network.",
    }),
    approvers: z
      .enum(PERMISSIONS)
      .exclude(["none", "read"])
      .default("write")
      .meta({ description: "What somebody must at least be permitted in the repository to approve." }),
    mode: z.enum(["image", "source"]).default("image").meta({ description: "Mode of the environments." }),
    ttl: duration.optional().meta({ description: "Time to live of the environments. Default: the platform's." }),
    report: z
      .strictObject({
        comment: z.boolean().default(true).meta({ description: "One comment, which is kept up to date." }),
        status: z.boolean().default(true).meta({ description: "The commit status `terrarium/preview`." }),
        deployment: z.boolean().default(true).meta({ description: "A deployment with its state and address." }),
      })
      .prefault({})
      .meta({ description: "What the pull request is told." }),
  })
  .meta({ description: "Which pull requests get an environment. Default: none do." });
