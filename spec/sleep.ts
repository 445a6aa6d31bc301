import { z } from "zod";
import { CRON_PATTERN } from "./cron.ts";

const schedule = z.string().max(100).regex(CRON_PATTERN, {
  error: 'a cron expression of five fields (minute, hour, day, month, weekday) such as "0 20 * * mon-fri"',
});

const moment = z.iso.datetime({ error: 'a time in UTC such as "2030-01-31T18:00:00Z"' }).max(64);

/** Schema of times at which preview environments fall asleep and wake. */
export const sleepScheduleSchema = z.strictObject({
  sleep: schedule.meta({ description: "When it is put to sleep, as a cron expression." }),
  wake: schedule.optional().meta({ description: "When it is woken, as a cron expression. Default: by nobody." }),
  timeZone: z
    .string()
    .max(64)
    .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9][A-Za-z0-9_+-]*)*$/, {
      error: 'a time zone such as "Europe/Berlin"',
    })
    .default("Etc/UTC")
    .meta({ description: "Time zone of both, by its name in the tz database." }),
});

/** Schema of how long nobody may ask for a page before an environment is put to sleep. */
export const idleAfterSchema = z
  .string()
  .max(16)
  .regex(/^([1-9][0-9]{0,3}(m|h|d)|never)$/, { error: 'a time span such as "30m", "2h" or "7d", or "never"' });

/** Schema of when a preview environment sleeps. The last thing that happened counts. */
export const sleepSchema = z
  .strictObject({
    idleAfter: idleAfterSchema.optional().meta({
      description:
        "How long after the last request it is put to sleep; it counts where the platform's activator sees requests. Default: the platform's.",
    }),
    schedule: sleepScheduleSchema.optional().meta({
      description: "Times at which it is put to sleep and woken. Default: the platform's.",
    }),
    sleepAt: moment.optional().meta({ description: "Puts it to sleep at this time; `env sleep` writes it." }),
    wakeAt: moment.optional().meta({ description: "Wakes it at this time; `env wake` writes it." }),
  })
  .meta({
    description:
      "When it sleeps: nothing of it runs, its data stays, and it takes no place under the caps. Whatever happened last counts: its creation, a request, its schedule, sleepAt, wakeAt.",
  });
