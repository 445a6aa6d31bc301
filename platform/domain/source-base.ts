import { IMAGES } from "../../spec/index.ts";
import type { BaseDescription } from "./settings.ts";

/**
 * What a repository deploys in mode source where the platform's configuration describes nothing: a web server that is
 * built from it, with a Postgres. Such applications have no pages for probes and metrics of their own, and answer only
 * once they have compiled their first page.
 */
export const SOURCE_BASE: BaseDescription = {
  services: {
    web: {
      image: IMAGES.node.image,
      source: {},
      calls: ["postgres"],
      internet: true,
      expose: {},
      probes: {
        liveness: { path: "/" },
        readiness: { path: "/" },
        startup: { path: "/", failureThreshold: 60 },
      },
      metrics: false,
    },
  },
  dataStores: { postgres: { engine: "postgres" } },
};
