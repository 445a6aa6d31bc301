import type { GarbageWorld } from "../../garbage-collection.ts";
import type { Api } from "./api.ts";
import { readConfigMap, writeConfigMap } from "./config-map.ts";

/** ConfigMap with what the search for leftovers reported, and its key: lines of "kind/name since". */
const [NAME, KEY] = ["terrarium-leftovers", "leftovers"];

/** Keeps the report of leftovers where people find it, and the next leader. */
export function garbageReport(api: Api, namespace: string): Pick<GarbageWorld, "readReport" | "writeReport"> {
  let written: string | undefined;
  return {
    async readReport() {
      written = (await readConfigMap(api, namespace, NAME))?.[KEY] ?? "";
      return new Map(
        written.split("\n").flatMap((line) => {
          const [key = "", since = ""] = line.split(" ");
          return Number.isNaN(Date.parse(since)) ? [] : [[key, new Date(since)]];
        }),
      );
    },
    async writeReport(reported) {
      const text = [...reported].map(([key, since]) => `${key} ${since.toISOString()}`).join("\n");
      if (text !== written) await writeConfigMap(api, { namespace, name: NAME }, { [KEY]: text });
    },
  };
}
