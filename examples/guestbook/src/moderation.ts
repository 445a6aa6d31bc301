/** What the worker decides about an entry. */
export type Verdict = "published" | "rejected";

const MOST_LINKS = 1;

/** Judges an entry: more than one link, or nothing but signs, is taken for spam. */
export function moderate(message: string): Verdict {
  const links = message.match(/https?:\/\//gi)?.length ?? 0;
  if (links > MOST_LINKS) return "rejected";
  return /[\p{L}\p{N}\p{Emoji_Presentation}]/u.test(message) ? "published" : "rejected";
}
