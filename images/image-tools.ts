import { componentsOf } from "../clusters/toolchain/components.ts";
import type { ToolName } from "../clusters/toolchain/index.ts";
import { binariesOf } from "../clusters/toolchain/recipe.ts";
import { entryOf, type ImageName } from "./catalogue.ts";

/** Tools whose executables are in images. */
export const IMAGE_TOOLS: readonly ToolName[] = [
  "prometheus",
  "alertmanager",
  "loki",
  "otelcol",
  "pulumi",
  "kubectl",
  "kube-state-metrics",
  "node-exporter",
  "postgres-exporter",
  "redis-exporter",
  "traefik",
];

/** Those of {@link IMAGE_TOOLS} that some images need: what the toolchain given to ensureImages must have. */
export function toolsOf(names: readonly ImageName[]): ToolName[] {
  const copied = new Set(names.flatMap(executablesIn));
  return IMAGE_TOOLS.filter((tool) =>
    componentsOf([tool]).some(({ recipe }) => binariesOf(recipe).some((binary) => copied.has(binary))),
  );
}

/** Executables in an image, and in those that it is built on. */
function executablesIn(name: ImageName): string[] {
  const entry = entryOf(name);
  if ("dockerfile" in entry) return Object.values(entry.dockerfile.bases).flatMap(executablesIn);
  if (!("root" in entry)) return [];
  return (entry.root.copy ?? []).flatMap(({ from }) => ("tool" in from ? [from.tool] : []));
}
