import { containersOf, eventsOf, oneLine, type PodRule } from "./pod-troubles.ts";
import { platformOf } from "./platforms.ts";

const REASONS = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
  "RegistryUnavailable",
]);

/** What runtimes say of images that they can't get, and what that means; the first that fits. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/toomanyrequests|too many requests|rate limit/i, "the registry allows no more pulls for a while"],
  [/x509|certificate/i, "the node does not trust the registry's certificate"],
  [/HTTP response to HTTPS client/i, "the registry does not speak TLS"],
  [/no space left on device/i, "the node's disk is full"],
  [/may require authorization/i, "there is none of that name, or the registry refuses access"],
  [/not found|manifest unknown|no such image|does not exist|NotFound/i, "there is none of that name"],
  [/unauthorized|denied|authentication required|forbidden/i, "the registry refuses access"],
  [/no such host|i\/o timeout|connection refused|dial tcp|no route/i, "the registry can't be reached"],
  [/InvalidImageName|invalid reference|parse/i, "that is no image's name"],
];

/** What runtimes say of an image that is built for other processors only. */
const OTHER_PLATFORMS = /no match for platform|no matching manifest for|no image found in (image index|manifest list)/i;

/** A node can't get a container's image. */
export const imageTrouble: PodRule = (pod, facts) => {
  for (const { name = "", image = "", state } of containersOf(pod)) {
    const { reason = "", message = "" } = state?.waiting ?? {};
    if (!REASONS.has(reason)) continue;
    const told = eventsOf(facts, pod, "Failed").find((text) => /pull|image/i.test(text)) ?? oneLine(message);
    const text = `${message} ${told}`;
    const base = { rule: "image-pull", stage: "failure", severity: "failing" } as const;
    const seen = `container ${name} waits with ${reason}: ${told}`;
    if (OTHER_PLATFORMS.test(text)) {
      const platform = platformOf(pod, facts);
      const says = `can't get its image ${image}: there is none for ${platform}`;
      return { ...base, says, seen, next: `Build the image for ${platform} too.` };
    }
    const meaning = MEANINGS.find(([pattern]) => pattern.test(text))?.[1] ?? "the node was refused it";
    return {
      ...base,
      says: `can't get its image ${image}: ${meaning}`,
      seen,
      next: `Correct the image in the configuration, or load it: bin/terrarium images ${image}${stackOption(facts.target.stack)}`,
    };
  }
  return undefined;
};

function stackOption(stack: string | undefined): string {
  return stack === undefined ? "" : ` --stack ${stack}`;
}
