import type { StackRule } from "./rule.ts";

/** Programs by which people change objects themselves, as the API server names them. */
const TOOLS = ["kubectl", "helm", "k9s", "Lens", "freelens", "headlamp", "dashboard", "Mozilla", "argocd", "kustomize"];

/** Rules about who changes objects. */
export const ownershipRules: readonly StackRule[] = [
  {
    name: "no-changes-outside-the-program",
    title: "Objects are changed by their program alone.",
    why: "What somebody changes by hand is nowhere written down, and the next update takes it back or trips over it. The API server notes who has set which fields; a preview sees that as of its last refresh, so it is best asked with `--refresh`.",
    fix: "Make the change in the program, and update with --refresh",
    settings: {
      tools: {
        description: "Starts of the names under which the API server knows programs that people use by hand.",
        default: TOOLS,
      },
    },
    checkStack: (stack, context) =>
      stack.objects.flatMap((object) => {
        if (object.isPatch)
          return [{ object, at: object.root, problem: "is a part of an object that another program owns" }];
        return object.root
          .at("metadata", "managedFields")
          .items.filter((entry) => entry.at("subresource").isMissing || entry.at("subresource").text === "scale")
          .map((entry) => entry.at("manager"))
          .filter(({ text }) => text !== undefined && context.list("tools").some((tool) => text.startsWith(tool)))
          .map((at) => ({ object, at, problem: `is ${at.text}: some fields were set by hand` }));
      }),
  },
];
