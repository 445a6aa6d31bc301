import type { z } from "zod";
import { toMilliseconds, type Problem } from "../../spec/index.ts";
import { applicationOf, repositoryKey } from "../domain/names.ts";
import type { PullRequestRules } from "../domain/pull-requests/pull-request.ts";
import { MAX_START, type pullRequestRulesSchema, type pullRequestsSchema } from "./config.ts";

/** The parts of the configuration that are about pull requests. */
interface PullRequestConfig {
  readonly pullRequests: z.output<typeof pullRequestsSchema>;
  readonly repositories: Readonly<
    Record<string, { readonly pullRequests?: z.output<typeof pullRequestRulesSchema> | undefined }>
  >;
}

/** A repository whose pull requests get environments. */
export interface WatchedRepository {
  /** As the configuration has it. */
  readonly address: string;
  /** Its path on the server that has the pull requests: "team/shop". */
  readonly path: string;
  readonly rules: PullRequestRules;
}

/** What the service does about pull requests. */
export interface PullRequestSettings {
  readonly intervalMs: number;
  readonly repositories: readonly WatchedRepository[];
}

/** Turns what the configuration says of pull requests into settings. */
export function toPullRequestSettings(config: PullRequestConfig): PullRequestSettings {
  return {
    intervalMs: toMilliseconds(config.pullRequests.interval),
    repositories: Object.entries(config.repositories).flatMap(([address, { pullRequests }]) =>
      pullRequests === undefined
        ? []
        : [
            {
              address,
              path: pathOf(address),
              rules: { ...pullRequests, name: pullRequests.name ?? applicationOf(address, MAX_START) },
            },
          ],
    ),
  };
}

/** What of the configuration can't be carried out together. */
export function problemsOfPullRequests(config: PullRequestConfig): Problem[] {
  const { github } = config.pullRequests;
  const { repositories } = toPullRequestSettings(config);
  const problems: Problem[] = [];
  if (github && (github.app === undefined) === (github.tokenFile === undefined))
    problems.push({ path: "pullRequests.github", expected: "either `app` or `tokenFile`" });
  const first = new Map<string, string>();
  for (const { address, path, rules } of repositories) {
    const where = `repositories.${address}.pullRequests`;
    if (github === undefined)
      problems.push({ path: where, expected: "pullRequests.github beside it: it says where pull requests are" });
    if (!/^[^/]+\/[^/]+$/.test(path))
      problems.push({ path: where, expected: "a repository of GitHub, whose address ends with /<owner>/<name>" });
    const same = first.get(rules.name);
    if (same !== undefined)
      problems.push({ path: `${where}.name`, expected: `another name than ${rules.name}, which ${same} has` });
    first.set(rules.name, address);
  }
  return problems;
}

/** The same with another name for each file. @param rename gets the key that names the file, and its name. */
export function withFilesOfGitHub(
  pullRequests: PullRequestConfig["pullRequests"],
  rename: (key: string, file: string) => string,
): PullRequestConfig["pullRequests"] {
  const { github } = pullRequests;
  if (github === undefined) return pullRequests;
  const { app, tokenFile, webhookSecretFile } = github;
  return {
    ...pullRequests,
    github: {
      ...github,
      ...(app && { app: { ...app, privateKeyFile: rename("app.privateKeyFile", app.privateKeyFile) } }),
      ...(tokenFile !== undefined && { tokenFile: rename("tokenFile", tokenFile) }),
      ...(webhookSecretFile !== undefined && { webhookSecretFile: rename("webhookSecretFile", webhookSecretFile) }),
    },
  };
}

/** What of an address names the repository on its server. */
function pathOf(address: string): string {
  return repositoryKey(address).replace(/^[a-z]+:\/\/[^/]+\//, "");
}
