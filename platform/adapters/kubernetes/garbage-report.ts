import { leftoverKey } from "../../domain/garbage.ts";
import type { GarbageWorld } from "../../garbage-collection.ts";
import type { Api } from "./api.ts";
import { readConfigMap, writeConfigMap } from "./config-map.ts";

/** ConfigMap with what the search for leftovers reported, as lines of "kind/name since", and what it removed. */
const [NAME, REPORTED, REMOVED] = ["terrarium-leftovers", "leftovers", "removed"];
/** Most removals that are remembered. */
const MOST_REMOVALS = 50;

/** Something that was removed because no environment wanted it. */
export interface Removal {
  /** "kind/name" */
  readonly key: string;
  readonly reportedAt: Date;
  readonly at: Date;
}

/** Keeps the report of leftovers where people find it, and the next leader. */
export function garbageReport(
  api: Api,
  namespace: string,
): Pick<GarbageWorld, "readReport" | "writeReport" | "recordRemoval"> {
  let written: string | undefined;
  return {
    async readReport() {
      written = (await readConfigMap(api, namespace, NAME))?.[REPORTED] ?? "";
      return toReport(written);
    },
    async writeReport(reported) {
      const text = [...reported].map(([key, since]) => `${key} ${since.toISOString()}`).join("\n");
      if (text !== written) await writeConfigMap(api, { namespace, name: NAME }, { [REPORTED]: text });
    },
    async recordRemoval(leftover, reportedAt, at) {
      const before = (await readConfigMap(api, namespace, NAME))?.[REMOVED]?.split("\n") ?? [];
      const line = [leftoverKey(leftover), reportedAt.toISOString(), at.toISOString()].join(" ");
      const lines = [...before, line].slice(-MOST_REMOVALS);
      await writeConfigMap(api, { namespace, name: NAME }, { [REMOVED]: lines.join("\n") });
    },
  };
}

/** Reads what was reported and what was removed, for people. @throws ApiError */
export async function readLeftovers(
  api: Api,
  namespace: string,
): Promise<{ readonly reported: ReadonlyMap<string, Date>; readonly removed: readonly Removal[] }> {
  const data = (await readConfigMap(api, namespace, NAME)) ?? {};
  return {
    reported: toReport(data[REPORTED] ?? ""),
    removed: (data[REMOVED] ?? "").split("\n").flatMap((line) => {
      const [key = "", reportedAt = "", at = ""] = line.split(" ");
      const isWhole = [reportedAt, at].every((time) => !Number.isNaN(Date.parse(time)));
      return isWhole ? [{ key, reportedAt: new Date(reportedAt), at: new Date(at) }] : [];
    }),
  };
}

function toReport(text: string): ReadonlyMap<string, Date> {
  return new Map(
    text.split("\n").flatMap((line) => {
      const [key = "", since = ""] = line.split(" ");
      return Number.isNaN(Date.parse(since)) ? [] : [[key, new Date(since)]];
    }),
  );
}
