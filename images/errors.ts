/** An image that can't be made or loaded. The message says which, why and what to do. */
export class ImageError extends Error {
  override readonly name = "ImageError";
}
