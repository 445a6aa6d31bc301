import { z } from "zod";
import { duration, sleepScheduleSchema } from "../spec/index.ts";
import { dnsLabel, MAX_NAME_LENGTH } from "../spec/names.ts";
import { networkSchema } from "../spec/network.ts";
import { isTimeZone } from "./domain/cron-times.ts";

const seconds = z.string().regex(/^[1-9][0-9]{0,3}(s|m)$/, { error: 'a time span such as "30s" or "2m"' });

/** Schema of the configuration about sleep, and of what wakes environments. */
export const sleepSettingsSchema = z
  .strictObject({
    idleAfter: duration.optional().meta({
      description:
        "How long after the last request an environment is put to sleep that does not say otherwise; it counts with an activator. Default: never.",
    }),
    schedule: sleepScheduleSchema
      .refine(({ timeZone }) => isTimeZone(timeZone), {
        path: ["timeZone"],
        error: 'a time zone of the tz database such as "Europe/Berlin"',
      })
      .optional()
      .meta({ description: "Times at which environments are put to sleep and woken that have none. Default: none." }),
    activator: z
      .strictObject({
        port: z.int().min(1024).max(65535).default(8080).meta({ description: "Port that takes requests." }),
        replicas: z.int().min(1).max(10).default(2).meta({ description: "Number of its pods." }),
        ingressNamespace: dnsLabel(MAX_NAME_LENGTH).default("ingress-nginx").meta({
          description: "Namespace of the ingress controller or gateway that leads all addresses of `url` to it.",
        }),
        gateway: networkSchema.shape.gateway.meta({
          description:
            "Gateway (Gateway API) that gets a route of all addresses to the activator. Default: none; lead them to its Service yourself.",
        }),
        hold: seconds.default("60s").meta({
          description: "How long a request is held while its environment wakes; then it is answered with 503.",
        }),
        pageAfter: seconds.default("3s").meta({
          description: "How long a browser waits until it gets a page that says so, and asks again by itself.",
        }),
        queue: z.int().min(1).max(10_000).default(100).meta({
          description:
            "Most requests that are held at a time for one environment; the next ones are answered with 503.",
        }),
      })
      .optional()
      .meta({
        description:
          "What requests for environments come through: it sees them, and wakes environments that sleep. It needs `url`. Default: none; environments then sleep by schedule and command alone.",
      }),
  })
  .meta({ description: "Sleep of environments: nothing of them runs, their data stays." });

/** Settings of the activator. */
export type ActivatorSettings = NonNullable<z.output<typeof sleepSettingsSchema>["activator"]>;
