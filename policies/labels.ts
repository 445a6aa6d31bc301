import type { Field } from "./field.ts";
import { podOf } from "./pod.ts";
import type { Finding, ObjectRule } from "./rule.ts";

const PREFIX = "app.kubernetes.io/";

/** Rules about the labels by which people and programs tell objects apart. */
export const labelRules: readonly ObjectRule[] = [
  {
    name: "standard-labels",
    title: "Objects and pods carry the standard labels.",
    why: "Dashboards, policies and people find by them what belongs together, whose it is and which version runs. They are [Kubernetes' own recommendation](https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/).",
    fix: "Set what is missing",
    settings: {
      labels: {
        description: "Labels that every object has, and every pod template.",
        default: ["name", "instance", "component", "part-of", "managed-by"].map((label) => PREFIX + label),
      },
      workloadLabels: {
        description: "Labels that workloads, jobs and their pod templates have beyond these.",
        default: [`${PREFIX}version`],
      },
    },
    check: (object, context) => {
      if (object.isPatch) return [];
      const pod = podOf(object);
      const wanted = [...context.list("labels"), ...(pod === undefined ? [] : context.list("workloadLabels"))];
      const places = [object.labels, ...(pod === undefined ? [] : [pod.metadata.at("labels")])];
      // A pod's labels are those of the object itself.
      return [...new Map(places.map((place) => [place.path, place])).values()].flatMap((place) =>
        lacking(place, wanted),
      );
    },
  },
];

function lacking(labels: Field, wanted: readonly string[]): Finding[] {
  if (labels.isUnknown) return [];
  const absent = wanted.filter((label) => labels.at(label).isMissing || labels.at(label).text === "");
  return absent.length === 0 ? [] : [{ at: labels, problem: `lacks ${absent.join(", ")}` }];
}
