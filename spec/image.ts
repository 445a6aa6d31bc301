/** The parts of a container image reference. */
export interface ImageReference {
  /** Registry and path, e.g. "ghcr.io/acme/api". */
  readonly repository: string;
  /** e.g. "1.4.2"; undefined when the reference names none. */
  readonly tag?: string;
  /** e.g. "sha256:9f…"; undefined when the reference names none. */
  readonly digest?: string;
}

/** A container image reference. Whatever matches has a repository; the tag and the digest may be missing. */
export const IMAGE_REFERENCE =
  /^(?<repository>(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>sha(?:256:[a-f0-9]{64}|512:[a-f0-9]{128})))?$/;

/**
 * Splits an image reference as container runtimes read it.
 *
 * @returns undefined when the text is no image reference.
 * @see https://github.com/distribution/reference
 */
export function parseImage(image: string): ImageReference | undefined {
  const groups = IMAGE_REFERENCE.exec(image)?.groups;
  if (!groups?.["repository"]) return undefined;
  return { repository: groups["repository"], tag: groups["tag"], digest: groups["digest"] };
}

/** Whether the reference always means the same image: a digest, or a tag other than "latest". */
export function isPinned(image: string): boolean {
  const reference = parseImage(image);
  if (!reference) return false;
  return reference.digest !== undefined || (reference.tag !== undefined && reference.tag !== "latest");
}
