import type { Recipe } from "./recipe.ts";
import { versions } from "./versions.ts";

/** Validates manifests against schemas. */
export const kubeconform: Recipe = {
  name: "kubeconform",
  title: `kubeconform ${versions.kubeconform}`,
  coldSeconds: 2,
  builds: [
    {
      folder: "kubeconform",
      binaries: { kubeconform: "github.com/yannh/kubeconform/cmd/kubeconform" },
      variables: { "main.version": `v${versions.kubeconform}` },
    },
  ],
};

/** Rates manifests against good practice. */
export const kubeScore: Recipe = {
  name: "kube-score",
  title: `kube-score ${versions.kubeScore}`,
  coldSeconds: 15,
  builds: [
    {
      folder: "kube-score",
      binaries: { "kube-score": "github.com/zegl/kube-score/cmd/kube-score" },
      variables: { "main.version": versions.kubeScore },
    },
  ],
};

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

/** Keeps a bucket in memory, for what has its state in one. */
export const s3Server: Recipe = {
  name: "s3-server",
  title: `s3-server with gofakes3 ${versions.gofakes3}`,
  coldSeconds: 20,
  builds: [{ folder: "s3-server", binaries: { "s3-server": "." } }],
};
