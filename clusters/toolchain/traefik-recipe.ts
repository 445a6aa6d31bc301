import type { Recipe } from "./recipe.ts";
import { versions } from "./versions.ts";

/** A gateway of the Gateway API, without certificates of its own and without passwords: the registry lacks the modules for these. */
export const traefik: Recipe = {
  name: "traefik",
  title: `traefik ${versions.traefik}`,
  coldSeconds: 270,
  builds: [
    {
      folder: "traefik",
      binaries: { traefik: "github.com/traefik/traefik/v3/cmd/traefik" },
      variables: { "github.com/traefik/traefik/v3/pkg/version.Version": versions.traefik },
    },
  ],
};
