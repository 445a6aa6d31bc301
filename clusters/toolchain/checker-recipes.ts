import type { Recipe } from "./recipe.ts";
import { versions } from "./versions.ts";

/** Checks GitHub's workflows. */
export const actionlint: Recipe = {
  name: "actionlint",
  title: `actionlint ${versions.actionlint}`,
  coldSeconds: 5,
  builds: [
    {
      folder: "actionlint",
      binaries: { actionlint: "github.com/rhysd/actionlint/cmd/actionlint" },
      variables: { "github.com/rhysd/actionlint.version": versions.actionlint },
    },
  ],
};
