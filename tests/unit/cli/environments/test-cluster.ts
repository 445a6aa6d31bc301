import { runProgram } from "../../../../cli/program.ts";
import type { Surroundings } from "../../../../cli/surroundings.ts";
import type { Condition, PreviewEnvironmentStatus } from "../../../../spec/index.ts";
import { type ScratchFolder, useScratchFolder } from "../../clusters/scratch-folder.ts";
import { testSurroundings, type TestSurroundings } from "../surroundings.ts";
import { startApiServer, type TestApiServer } from "./api-server.ts";

/** What the Environments of the tests are made from. */
export const source = { repository: "https://git.example.com/team/shop", branch: "main" };

/** A moment that has passed for none of them. */
export const time = "2029-06-01T12:00:00Z";

/** The condition Ready. */
export function ready(status: "True" | "False", message = "", observedGeneration = 1): Condition<"Ready"> {
  const reason = status === "True" ? "Ready" : "UpdateFailed";
  return { type: "Ready", status, reason, message, observedGeneration, lastTransitionTime: time };
}

/** A cluster with Environments, and the commands that use it. */
export interface TestCluster {
  readonly api: TestApiServer;
  readonly scratch: ScratchFolder;
  surroundings: TestSurroundings;
  /** Runs `terrarium env` on the cluster. */
  run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Creates or changes an Environment. */
  put(name: string, status?: PreviewEnvironmentStatus, spec?: object): void;
  /** Makes the next commands interruptible. */
  interruptible(): AbortController;
}

/** Makes a new cluster for every test of the surrounding `describe`. */
export function useTestCluster(): () => TestCluster {
  const scratch = useScratchFolder();
  let current: TestCluster | undefined;
  beforeEach(async () => {
    const api = await startApiServer();
    const kubeconfig = scratch().file("kubeconfig", api.kubeconfig);
    const surround = (more: Partial<Surroundings> = {}) => testSurroundings(scratch(), more);
    const cluster: TestCluster = {
      api,
      scratch: scratch(),
      surroundings: surround(),
      async run(...args) {
        const code = await runProgram(["env", ...args, "--kubeconfig", kubeconfig], cluster.surroundings);
        return { code, ...cluster.surroundings.output };
      },
      put(name, status, spec = {}) {
        api.put("environments", { metadata: { name }, spec: { source, ...spec }, ...(status ? { status } : {}) });
      },
      interruptible() {
        const interruption = new AbortController();
        cluster.surroundings = surround({ interrupted: interruption.signal });
        return interruption;
      },
    };
    current = cluster;
  });
  afterEach(() => current?.api.close());
  return () => {
    if (current === undefined) throw new Error("a test cluster exists only while a test runs");
    return current;
  };
}
