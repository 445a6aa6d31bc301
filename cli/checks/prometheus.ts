import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../clusters/run-command.ts";
import type { KubeManifest } from "../rendered-object.ts";
import type { Surroundings } from "../surroundings.ts";
import type { CheckResult } from "./result.ts";

/** The file by which a ConfigMap is known to be Prometheus's configuration, and where its files are mounted. */
const MAIN_FILE = "prometheus.yml";
const MOUNTED = "/etc/prometheus/";

/** Has promtool check the configuration and the rules of every Prometheus; it is asked only where it was installed. */
export async function checkPrometheus(
  surroundings: Surroundings,
  manifests: readonly KubeManifest[],
  folder: string,
): Promise<CheckResult> {
  const check = "prometheus";
  const configurations = manifests.map(dataOf).filter((data) => MAIN_FILE in data);
  const tools = configurations.length === 0 ? undefined : await surroundings.installedTools(["prometheus"]);
  if (tools === undefined) {
    const summary = configurations.length === 0 ? "none in this stack" : "not checked: promtool is not installed";
    return { check, summary, problems: [], notes: [] };
  }
  const problems: string[] = [];
  for (const [index, data] of configurations.entries()) {
    const place = join(folder, String(index));
    await mkdir(place, { recursive: true });
    for (const [name, text] of Object.entries(data)) {
      await writeFile(join(place, name), text.replaceAll(MOUNTED, "./"));
    }
    const result = await runCommand(tools.path("promtool"), ["check", "config", MAIN_FILE], { cwd: place, env: {} });
    if (result.code !== 0) problems.push(`${result.stdout}${result.stderr}`.trim());
  }
  return {
    check,
    summary: problems.length === 0 ? "valid" : "invalid",
    problems: problems.map((message) => ({ message, level: "mandatory" })),
    notes: [],
  };
}

function dataOf(manifest: KubeManifest): Readonly<Record<string, string>> {
  const { data } = manifest as { readonly data?: Readonly<Record<string, string>> };
  return manifest.kind === "ConfigMap" ? (data ?? {}) : {};
}
