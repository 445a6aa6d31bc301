import type { Api } from "./api.ts";
import { readConfigMap, writeConfigMap } from "./config-map.ts";

/** ConfigMap with the commits of pull requests whose environments' time to live ended, by the environment's name. */
const NAME = "terrarium-expired-pull-requests";

/** Which environments of open pull requests do not come back before there is something new to look at. */
export interface ExpiredPullRequests {
  /** Commits by the environment's name. */
  readonly read: () => Promise<ReadonlyMap<string, string>>;
  /** @param commit undefined: nothing is to be known of it any more. */
  readonly write: (environment: string, commit: string | undefined) => Promise<void>;
}

/** Keeps them in the platform's namespace. */
export function expiredPullRequests(api: Api, namespace: string): ExpiredPullRequests {
  return {
    read: async () => new Map(Object.entries((await readConfigMap(api, namespace, NAME)) ?? {})),
    write: (environment, commit) => writeConfigMap(api, { namespace, name: NAME }, { [environment]: commit ?? null }),
  };
}
