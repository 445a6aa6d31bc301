import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { type Prices, pricesSchema, type Tier, TIERS } from "../../spec/index.ts";
import { UsageFailure } from "../exit.ts";

/** What capacity costs in each tier; tiers that are not named have no costs. */
export type PriceTable = Readonly<Partial<Record<Tier, Prices>>>;

const tableSchema = z.partialRecord(z.enum(TIERS), pricesSchema);

/**
 * Reads a price table: YAML with the prices of each tier.
 *
 * @throws UsageFailure that names the first thing that is wrong.
 */
export function readPrices(path: string): PriceTable {
  let content: unknown;
  try {
    content = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UsageFailure(
      `--prices ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const table = tableSchema.safeParse(content);
  if (table.success) return table.data;
  const [issue] = table.error.issues;
  throw new UsageFailure(
    `--prices ${path}: ${issue?.path.join(".") || "the file"}: ${issue?.message ?? "wrong"}. Expected: a map of ${TIERS.join(", ")} to { currency, cpu, memory, storage }, each price for a month.`,
  );
}
