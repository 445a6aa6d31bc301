/** Images without a registry: local stand-ins with the names and users of the images that Terrarium runs. */
import type { ToolName } from "../clusters/toolchain/index.ts";

export { CATALOGUE, CLUSTER_IMAGES, type ImageName } from "./catalogue.ts";
export { fullReference } from "./recipe.ts";
export { ensureImages, type BuiltImage, type ImagesOptions } from "./ensure-images.ts";
export { loadImages, pullInto, type ImageTarget } from "./load-images.ts";

/** Tools whose executables are in images: what the toolchain given to ensureImages must have. */
export const IMAGE_TOOLS: readonly ToolName[] = ["prometheus", "loki", "otelcol", "pulumi", "kubectl"];
