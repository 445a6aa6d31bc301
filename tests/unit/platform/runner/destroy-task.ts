import { join } from "node:path";
import type { OperationTask } from "../../../../platform/runner/task.ts";
import type { ScratchFolder } from "../../clusters/scratch-folder.ts";

/** The task of removing stack "pr-7", whose state and programs are in a scratch folder. */
export function destroyTask({ path, env }: ScratchFolder): OperationTask {
  return {
    request: { id: "op-1", kind: "destroy", stack: "pr-7", namespace: "preview-pr-7" },
    settings: {
      project: "preview-environments",
      platform: "terrarium",
      state: { address: `file://${path}`, secretsProvider: "passphrase", saveOnce: false },
      cluster: { kubeconfig: "/kubeconfig", context: "previews" },
      policyPacks: [],
      parallel: 64,
      timeoutMs: 60_000,
      graceMs: 1_000,
      tools: {
        pulumi: join(path, "bin/pulumi"),
        kubectl: join(path, "bin/kubectl"),
        env: env as Record<string, string>,
      },
      platformPods: { namespace: "terrarium", prefixes: ["terrarium-platform-", "terrarium-op-"] },
    },
    folder: path,
    facts: { serviceMonitors: false, apiServer: [] },
  };
}
