import type { Api } from "./api.ts";
import { readConfigMap, writeConfigMap } from "./config-map.ts";

/** ConfigMap with the pull requests that were told of an environment, by its name. */
const NAME = "terrarium-told-pull-requests";

/** The pull request that was told of an environment. */
export interface ToldPullRequest {
  /** Path of its repository on the server that has it: "team/shop". */
  readonly repository: string;
  readonly number: number;
  /** The commit that it was told about last. */
  readonly commit: string;
}

/** Which pull requests have to be told when their environments are gone. */
export interface ToldPullRequests {
  /** By the environment's name. */
  readonly read: () => Promise<ReadonlyMap<string, ToldPullRequest>>;
  /** @param told undefined: there is nothing more to tell of it. */
  readonly write: (environment: string, told: ToldPullRequest | undefined) => Promise<void>;
}

/** Keeps them in the platform's namespace, as "team/shop#42@<commit>". What is none of these is passed over. */
export function toldPullRequests(api: Api, namespace: string): ToldPullRequests {
  return {
    read: async () => {
      const entries = Object.entries((await readConfigMap(api, namespace, NAME)) ?? {});
      return new Map(
        entries.flatMap(([environment, value]) => {
          const told = parse(value);
          return told === undefined ? [] : [[environment, told] as const];
        }),
      );
    },
    write: (environment, told) =>
      writeConfigMap(api, { namespace, name: NAME }, { [environment]: told === undefined ? null : format(told) }),
  };
}

function format({ repository, number, commit }: ToldPullRequest): string {
  return `${repository}#${number}@${commit}`;
}

function parse(text: string): ToldPullRequest | undefined {
  const [, repository, number, commit] = /^([^#]+)#([1-9]\d{0,9})@(.*)$/.exec(text) ?? [];
  if (repository === undefined || commit === undefined) return undefined;
  return { repository, number: Number(number), commit };
}
