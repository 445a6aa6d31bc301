import { z } from "zod";
import type { Capacity } from "./capacity.ts";

const GIBIBYTE = 2 ** 30;

const price = z.number().min(0);

/** Schema of what reserved capacity costs. */
export const pricesSchema = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, { error: 'three capital letters such as "EUR"' })
    .default("USD")
    .meta({ description: "Currency of the prices." }),
  cpu: price.meta({ description: "One core, for a month of 730 hours." }),
  memory: price.meta({ description: "One GiB of memory, for a month." }),
  storage: price.meta({ description: "One GiB of volumes, for a month." }),
});

/** See {@link pricesSchema}. */
export type Prices = z.output<typeof pricesSchema>;

/** What capacity costs in a month, in the prices' currency. */
export function monthlyCost({ cpu, memory, storage }: Omit<Capacity, "pods">, prices: Prices): number {
  return cpu * prices.cpu + (memory / GIBIBYTE) * prices.memory + (storage / GIBIBYTE) * prices.storage;
}

/** An amount for people: "€12.40". A difference has its sign where `signed` is asked for: "+€12.40". */
export function formatMoney(amount: number, currency: string, { signed = false } = {}): string {
  const signDisplay = signed ? "exceptZero" : "auto";
  return new Intl.NumberFormat("en", { style: "currency", currency, signDisplay }).format(amount);
}

/** Capacity for people: "1.5 cores, 2.3 GiB memory, 10 GiB volumes"; what is zero is left out. */
export function formatCapacity({ cpu, memory, storage }: Omit<Capacity, "pods">): string {
  const parts = [
    cpu > 0 && `${decimal(cpu)} ${cpu === 1 ? "core" : "cores"}`,
    memory > 0 && `${decimal(memory / GIBIBYTE)} GiB memory`,
    storage > 0 && `${decimal(storage / GIBIBYTE)} GiB volumes`,
  ];
  return parts.filter((part) => part !== false).join(", ") || "nothing";
}

function decimal(value: number): string {
  return new Intl.NumberFormat("en", { maximumFractionDigits: 2 }).format(value);
}
