/** Images without a registry: local stand-ins with the names and users of the images that Terrarium runs. */
export { CATALOGUE, CLUSTER_IMAGES, type ImageName } from "./catalogue.ts";
export { fullReference } from "./recipe.ts";
export { ensureImages, type BuiltImage, type ImagesOptions } from "./ensure-images.ts";
export { loadImages, pullInto, type ImageTarget } from "./load-images.ts";
export { IMAGE_TOOLS, toolsOf } from "./image-tools.ts";
