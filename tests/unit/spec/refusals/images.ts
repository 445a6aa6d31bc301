import { environment, withService, type Refusal } from "../environments.ts";
import { IMAGE_EXAMPLE, MIGRATION } from "./wording.ts";

/** Image references. */
export const images: readonly Refusal[] = [
  {
    what: "an image that is none",
    input: withService({ image: "Shop API" }),
    error: [`services.api.image: got "Shop API", expected ${IMAGE_EXAMPLE}`],
  },
  {
    what: "latest in staging",
    input: withService({ image: "shop/api:latest" }, { tier: "staging" }),
    error: [
      'services.api.image: got "shop/api:latest", expected an image pinned by a tag other than latest, or by digest, in tier staging',
    ],
  },
  {
    what: "no tag in prod",
    input: withService({ image: "shop/api" }, { tier: "prod" }),
    error: [
      'services.api.image: got "shop/api", expected an image pinned by a tag other than latest, or by digest, in tier prod',
    ],
  },
  {
    what: "an unpinned migration, store and observability server in prod",
    input: environment({
      tier: "prod",
      dataStores: { db: { engine: "postgres", image: "postgres:latest" } },
      migrations: { migrate: { ...MIGRATION, image: "shop/api" } },
      observability: { loki: { image: "grafana/loki" } },
    }),
    error: [
      'dataStores.db.image: got "postgres:latest", expected an image pinned by a tag other than latest, or by digest, in tier prod',
      'migrations.migrate.image: got "shop/api", expected an image pinned by a tag other than latest, or by digest, in tier prod',
      'observability.loki.image: got "grafana/loki", expected an image pinned by a tag other than latest, or by digest, in tier prod',
    ],
  },
];
