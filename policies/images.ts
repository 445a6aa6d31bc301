import { isPinned, parseImage } from "../spec/image.ts";
import type { Field } from "./field.ts";
import type { Pod } from "./pod.ts";
import { podRule, type ObjectRule } from "./rule.ts";

/** Where images without a registry come from, as container runtimes read them. */
const DEFAULT_REGISTRY = "docker.io";

/** Rules about container images. */
export const imageRules: readonly ObjectRule[] = [
  podRule(
    {
      name: "pinned-images",
      title: "Images are named by a version or a digest.",
      why: "Without one, or as “latest”, the same manifest runs something else tomorrow, and no rollback brings it back.",
      fix: "Name a tag other than latest, or a digest",
    },
    (pod) =>
      imagesOf(pod)
        .filter((image) => image.text !== undefined && !isPinned(image.text))
        .map((at) => ({ at, problem: `is ${at.text}` })),
  ),
  podRule(
    {
      name: "allowed-registries",
      title: "Images come from where they may come from.",
      why: "Whoever can push to a registry decides what runs.",
      fix: "Take the image from one of the allowed registries, or add this one to the rule's setting `registries`",
      settings: {
        registries: {
          description: `Registries, or repositories and what is below them, e.g. "ghcr.io/acme"; images without a registry come from ${DEFAULT_REGISTRY}. Empty: all are allowed.`,
          default: [],
        },
      },
    },
    (pod, context) => {
      const allowed = context.list("registries");
      if (allowed.length === 0) return [];
      return imagesOf(pod)
        .filter((image) => image.text !== undefined && !allowed.some((place) => isFrom(image.text ?? "", place)))
        .map((at) => ({ at, problem: `is ${at.text}; allowed are ${allowed.join(", ")}` }));
    },
  ),
];

/** Every image that a pod names: those of its containers and those that it mounts. */
function imagesOf({ spec, containers }: Pod): Field[] {
  const mounted = spec.at("volumes").items.map((volume) => volume.at("image", "reference"));
  return [...containers.map(({ field }) => field.at("image")), ...mounted];
}

function isFrom(image: string, place: string): boolean {
  const repository = fullRepository(parseImage(image)?.repository ?? "");
  return repository === place || repository.startsWith(`${place.replace(/\/$/, "")}/`);
}

/** A repository with its registry: a first part without a dot or a port is no registry. */
function fullRepository(repository: string): string {
  const [first = "", ...rest] = repository.split("/");
  if (rest.length === 0) return `${DEFAULT_REGISTRY}/library/${repository}`;
  return /[.:]|^localhost$/.test(first) ? repository : `${DEFAULT_REGISTRY}/${repository}`;
}
