import type { Recipe } from "./recipe.ts";
import { versions } from "./versions.ts";

/** Encrypts the values of Secrets in files. */
export const sops: Recipe = {
  name: "sops",
  title: `sops ${versions.sops}`,
  coldSeconds: 90,
  builds: [{ folder: "sops", binaries: { sops: "github.com/getsops/sops/v3/cmd/sops" } }],
};

/** Makes the keys that Secrets are encrypted for. */
export const age: Recipe = {
  name: "age",
  title: `age-keygen ${versions.age}`,
  coldSeconds: 5,
  builds: [{ folder: "age", binaries: { "age-keygen": "filippo.io/age/cmd/age-keygen" } }],
};

/** Flux's command line, without the manifests that it installs itself with: the module lacks them. */
export const flux: Recipe = {
  name: "flux",
  title: `flux ${versions.flux}`,
  coldSeconds: 240,
  embed: [{ folder: "flux", module: "github.com/fluxcd/flux2/v2", from: "cmd/flux", to: "flux" }],
  builds: [{ folder: "flux", binaries: { flux: "./flux" }, variables: { "main.VERSION": versions.flux } }],
};

/** The resource definitions of Flux's Kustomization and HelmRelease. */
export const fluxDefinitions: Recipe = {
  name: "flux-definitions",
  title: `flux definitions ${versions.flux}`,
  coldSeconds: 5,
  ship: ["kustomize-controller", "helm-controller"].map((controller) => ({
    folder: "flux-definitions",
    module: `github.com/fluxcd/${controller}`,
    from: "config/crd/bases",
    to: "definitions",
  })),
};

/** Renders charts. */
export const helm: Recipe = {
  name: "helm",
  title: `helm ${versions.helm}`,
  coldSeconds: 30,
  builds: [
    {
      folder: "helm",
      binaries: { helm: "helm.sh/helm/v3/cmd/helm" },
      variables: { "helm.sh/helm/v3/internal/version.version": `v${versions.helm}` },
    },
  ],
};
