import { IMAGES } from "../spec/index.ts";
import { alertmanager, busybox, collector, loki, prometheus, traefik } from "./program-images.ts";
import { postgres16, postgres17, redis } from "./data-store-images.ts";
import { ccDebug, ccRuntime } from "./distroless-images.ts";
import { kubeStateMetrics, nodeExporter, postgresExporter, redisExporter } from "./exporter-images.ts";
import { git } from "./git-image.ts";
import { nodeBuilder, nodeDebug, nodeRuntime } from "./node-images.ts";
import { fullReference, type CatalogueEntry, type DockerfileRecipe } from "./recipe.ts";
import { rustBuilder } from "./rust-images.ts";
import { kubectl, pulumi } from "./tool-images.ts";

const thirdParty = {
  postgres17: { root: postgres17 },
  postgres16: { root: postgres16 },
  redis7: { root: redis },
  prometheus: { root: prometheus },
  alertmanager: { root: alertmanager },
  loki: { root: loki },
  grafana: { unavailable: "its server can't be built from the package registries; switch it off by configuration" },
  node: { root: nodeBuilder },
  git: { root: git },
  collector: { root: collector },
  kubeStateMetrics: { root: kubeStateMetrics },
  nodeExporter: { root: nodeExporter },
  postgresExporter: { root: postgresExporter },
  redisExporter: { root: redisExporter },
} as const;

const guestbook: DockerfileRecipe = {
  context: "examples/guestbook",
  packageManager: "npm",
  bases: { BUILD_IMAGE: "nodeBuilder", RUNTIME_IMAGE: "nodeRuntime", DEBUG_IMAGE: "nodeDebug" },
};

const clock: DockerfileRecipe = {
  context: "examples/clock",
  packageManager: "cargo",
  bases: { BUILD_IMAGE: "rustBuilder", RUNTIME_IMAGE: "ccRuntime", DEBUG_IMAGE: "ccDebug" },
};

const platform: DockerfileRecipe = {
  context: ".",
  packageManager: "npm",
  bases: {
    BUILD_IMAGE: "nodeBuilder",
    PULUMI_IMAGE: "pulumi",
    KUBECTL_IMAGE: "kubectl",
    RUNTIME_IMAGE: "nodeRuntime",
    DEBUG_IMAGE: "nodeDebug",
  },
};

/** Every image that Terrarium and its examples run, and the images that those are built on. */
export const CATALOGUE = {
  ...(Object.fromEntries(
    Object.entries(thirdParty).map(([name, recipe]) => [
      name,
      { reference: fullReference(IMAGES[name as keyof typeof IMAGES].image), ...recipe },
    ]),
  ) as Record<keyof typeof thirdParty, CatalogueEntry>),
  busybox: { reference: fullReference("busybox:1.36"), root: busybox },
  traefik: { reference: fullReference("traefik:v3.7.13"), root: traefik },
  guestbook: { reference: fullReference("terrarium/guestbook:0.1.0"), dockerfile: guestbook },
  guestbookDebug: {
    reference: fullReference("terrarium/guestbook:0.1.0-debug"),
    dockerfile: { ...guestbook, target: "debug" },
  },
  clock: { reference: fullReference("terrarium/clock:0.1.0"), dockerfile: clock },
  clockDebug: { reference: fullReference("terrarium/clock:0.1.0-debug"), dockerfile: { ...clock, target: "debug" } },
  platform: { reference: fullReference("terrarium/platform:0.1.0"), dockerfile: platform },
  platformDebug: {
    reference: fullReference("terrarium/platform:0.1.0-debug"),
    dockerfile: { ...platform, target: "debug" },
  },
  nodeBuilder: { reference: "localhost/terrarium/node-builder:24", root: nodeBuilder },
  nodeRuntime: { reference: "localhost/terrarium/node-runtime:24", root: nodeRuntime },
  nodeDebug: { reference: "localhost/terrarium/node-debug:24", root: nodeDebug },
  rustBuilder: { reference: "localhost/terrarium/rust-builder:1", root: rustBuilder },
  pulumi: { reference: "localhost/terrarium/pulumi:3", root: pulumi },
  kubectl: { reference: "localhost/terrarium/kubectl:1", root: kubectl },
  ccRuntime: { reference: "localhost/terrarium/cc-runtime:13", root: ccRuntime },
  ccDebug: { reference: "localhost/terrarium/cc-debug:13", root: ccDebug },
} as const satisfies Record<string, CatalogueEntry>;

/** Name of an image in the catalogue. */
export type ImageName = keyof typeof CATALOGUE;

/** Images that clusters run; the others serve to build them. */
export const CLUSTER_IMAGES: readonly ImageName[] = (Object.keys(CATALOGUE) as ImageName[]).filter(
  (name) => !CATALOGUE[name].reference.startsWith("localhost/"),
);

/** An entry of the catalogue without its literal type. */
export function entryOf(name: ImageName): CatalogueEntry {
  return CATALOGUE[name];
}
