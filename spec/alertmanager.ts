import { z } from "zod";
import { configuredSecret } from "./fields.ts";
import { egressSchema } from "./network.ts";

/** Kinds of receivers, and what their secret is: an address that holds a token, or a key. */
export const RECEIVER_KINDS = ["webhook", "slack", "pagerduty"] as const;

const receiver = z.strictObject({
  kind: z.enum(RECEIVER_KINDS).default("webhook").meta({ description: "What the alerts are sent to." }),
  secret: configuredSecret.meta({
    description:
      "Where to: the address of a webhook or of a Slack webhook, or PagerDuty's integration key. All of them are secrets.",
  }),
});

const receiverOf = (severity: string) =>
  receiver.optional().meta({ description: `Who hears of alerts of severity ${severity}. Default: nobody.` });

const previews = receiver.optional().meta({
  description:
    "Who hears of alerts about preview environments, whatever their severity. Default: who hears of warnings, so that none wakes anybody.",
});

/** What Alertmanager has beyond what all servers have. */
export const alertmanagerFields = {
  enabled: z
    .boolean()
    .default(false)
    .meta({ description: "Whether it runs. It has no place in preview environments." }),
  receivers: z
    .strictObject({ critical: receiverOf("critical"), warning: receiverOf("warning"), previews })
    .prefault({})
    .meta({ description: "Who hears of alerts, by severity and environment." }),
  egress: z.array(egressSchema).default([]).meta({
    description: "Receivers inside private networks: their addresses and ports. Public ones are reached at port 443.",
  }),
};
