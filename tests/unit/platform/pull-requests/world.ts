import { useScratchFolder, type ScratchFolder } from "../../clusters/scratch-folder.ts";
import { ScriptedApi } from "../scripted-api.ts";
import { GitHubServer } from "./github-server.ts";
import { startPullRequests, WEBHOOK_SECRET, type PullRequestWorld } from "./service.ts";

/** What a test of pull requests has. */
export interface PullRequestsOfTest {
  readonly gitHub: GitHubServer;
  readonly api: ScriptedApi;
  readonly folder: ScratchFolder;
  /** Starts a service, which is stopped after the test; a test may stop it before. */
  readonly start: (rules?: object, more?: Partial<PullRequestWorld>) => ReturnType<typeof startPullRequests>;
}

/** Makes a GitHub, an API server and what a service reads, anew for every test of the surrounding `describe`. */
export function usePullRequests(): () => PullRequestsOfTest {
  const scratch = useScratchFolder();
  let current: PullRequestsOfTest | undefined;
  let running: Awaited<ReturnType<typeof startPullRequests>>[] = [];
  beforeEach(async () => {
    const folder = scratch();
    folder.file("token", "ghp_planted\n");
    folder.file("webhook-secret", WEBHOOK_SECRET);
    const gitHub = await GitHubServer.start();
    const api = new ScriptedApi();
    current = {
      ...{ gitHub, api, folder },
      start: async (rules = {}, more = {}) => {
        const world = { gitHub, api, watch: api.watch, folder: folder.path, rules };
        const service = await startPullRequests({ ...world, ...more });
        running.push(service);
        return service;
      },
    };
  });
  afterEach(async () => {
    for (const service of running) await service.stop();
    running = [];
    await current?.gitHub.stop();
    current = undefined;
  });
  return () => {
    if (current === undefined) throw new Error("a GitHub exists only while a test runs");
    return current;
  };
}
