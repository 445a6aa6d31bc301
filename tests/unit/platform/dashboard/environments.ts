import type { PreviewEnvironment, PreviewEnvironmentStatus, Phase } from "../../../../spec/index.ts";
import { platformConfigSchema, toSettings, type PlatformSettings } from "../../../../platform/config.ts";
import { Estimates } from "../../../../platform/dashboard/estimates.ts";
import type { ViewContext } from "../../../../platform/dashboard/list-view.ts";

export const NOW = new Date("2030-01-31T12:00:00Z");
export const SHOP = "https://git.example.com/team/shop";

/** The platform's settings, with one repository. */
export const SETTINGS: PlatformSettings = toSettings(
  platformConfigSchema.parse({
    repositories: { [SHOP]: {} },
    prices: { currency: "EUR", cpu: 20, memory: 3, storage: 0.1 },
  }),
  {
    [SHOP]: {
      services: { web: { image: "team/shop:1", calls: ["db"], expose: {} } },
      dataStores: { db: { engine: "postgres" } },
    },
  },
);

export const CONTEXT: ViewContext = {
  now: NOW,
  estimates: new Estimates(() => SETTINGS.domain),
  prices: SETTINGS.config.prices,
};

/** An environment of the shop. @param minutes how old it is. */
export function environment(
  name: string,
  status: PreviewEnvironmentStatus | Phase | undefined,
  { minutes = 5, spec = {} }: { minutes?: number; spec?: Partial<PreviewEnvironment["spec"]> } = {},
): PreviewEnvironment {
  return {
    apiVersion: "terrarium.dev/v1alpha1",
    kind: "Environment",
    metadata: {
      name,
      namespace: "terrarium",
      uid: name,
      generation: 1,
      resourceVersion: "1",
      creationTimestamp: new Date(NOW.getTime() - minutes * 60_000).toISOString(),
    },
    spec: { source: { repository: SHOP, branch: "main", commit: "a".repeat(40) }, ...spec },
    ...(status === undefined ? {} : { status: typeof status === "string" ? { phase: status } : status }),
  };
}
