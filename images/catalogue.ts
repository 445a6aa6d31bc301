import { IMAGES } from "../spec/index.ts";
import { busybox, collector, loki, prometheus } from "./program-images.ts";
import { postgres, redis } from "./data-store-images.ts";
import { nodeBuilder, nodeDebug, nodeRuntime } from "./node-images.ts";
import { fullReference, type CatalogueEntry } from "./recipe.ts";

const thirdParty = {
  postgres17: { root: postgres },
  postgres16: { unavailable: "Debian's releases carry PostgreSQL 15 and 17" },
  redis7: { root: redis },
  prometheus: { root: prometheus },
  loki: { root: loki },
  grafana: { unavailable: "its server can't be built from the package registries; switch it off by configuration" },
  collector: { root: collector },
} as const;

/** Every image that Terrarium and its examples run, and the images that those are built on. */
export const CATALOGUE = {
  ...(Object.fromEntries(
    Object.entries(thirdParty).map(([name, recipe]) => [
      name,
      { reference: fullReference(IMAGES[name as keyof typeof IMAGES].image), ...recipe },
    ]),
  ) as Record<keyof typeof thirdParty, CatalogueEntry>),
  busybox: { reference: fullReference("busybox:1.36"), root: busybox },
  guestbook: {
    reference: fullReference("terrarium/guestbook:0.1.0"),
    dockerfile: {
      context: "examples/guestbook",
      bases: { BUILD_IMAGE: "nodeBuilder", RUNTIME_IMAGE: "nodeRuntime", DEBUG_IMAGE: "nodeDebug" },
    },
  },
  nodeBuilder: { reference: "localhost/terrarium/node-builder:24", root: nodeBuilder },
  nodeRuntime: { reference: "localhost/terrarium/node-runtime:24", root: nodeRuntime },
  nodeDebug: { reference: "localhost/terrarium/node-debug:24", root: nodeDebug },
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
