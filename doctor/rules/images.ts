import { containersOf, eventsOf, oneLine, type PodRule } from "./pod-troubles.ts";

const REASONS = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
  "RegistryUnavailable",
]);

/** A node can't get a container's image. */
export const imageTrouble: PodRule = (pod, facts) => {
  for (const { name = "", image = "", state } of containersOf(pod)) {
    const { reason = "", message = "" } = state?.waiting ?? {};
    if (!REASONS.has(reason)) continue;
    const told = eventsOf(facts, pod, "Failed").find((text) => /pull|image/i.test(text)) ?? oneLine(message);
    return {
      rule: "image-pull",
      stage: "failure",
      severity: "failing",
      says: `can't get its image ${image}: ${meaning(`${message} ${told}`)}`,
      seen: `container ${name} waits with ${reason}: ${told}`,
      next: `Correct the image in the configuration, or load it: bin/terrarium images ${image}${stackOption(facts.target.stack)}`,
    };
  }
  return undefined;
};

function meaning(message: string): string {
  if (/not found|manifest unknown|no such image|does not exist|NotFound/i.test(message))
    return "there is none of that name";
  if (/unauthorized|denied|authentication required|forbidden/i.test(message)) return "the registry refuses access";
  if (/no such host|i\/o timeout|connection refused|dial tcp|no route/i.test(message))
    return "the registry can't be reached";
  if (/InvalidImageName|invalid reference|parse/i.test(message)) return "that is no image's name";
  return "the node was refused it";
}

function stackOption(stack: string | undefined): string {
  return stack === undefined ? "" : ` --stack ${stack}`;
}
