import { environment, withService, type Refusal } from "../environments.ts";
import { IMAGE_EXAMPLE } from "./wording.ts";

/** Values of the wrong kind. */
export const shape: readonly Refusal[] = [
  { what: "nothing at all", input: undefined, error: ["(top level): got nothing, expected a map of keys to values"] },
  {
    what: "a list instead of a map",
    input: ["api"],
    error: ['(top level): got ["api"], expected a map of keys to values'],
  },
  {
    what: "a missing tier",
    input: { name: "shop-dev", application: "shop" },
    error: ['tier: got nothing, expected "dev" or "staging" or "prod"'],
  },
  {
    what: "a tier that doesn't exist",
    input: environment({ tier: "production" }),
    error: ['tier: got "production", expected "dev" or "staging" or "prod"'],
  },
  {
    what: "services as a list",
    input: environment({ services: [{ name: "api" }] }),
    error: ["services: got a list of maps, expected a map of names to values"],
  },
  {
    what: "a service without an image",
    input: environment({ services: { api: {} } }),
    error: [`services.api.image: got nothing, expected ${IMAGE_EXAMPLE}`],
  },
  {
    what: "a number where text belongs",
    input: withService({ env: { RETRIES: 5 } }),
    error: ["services.api.env.RETRIES: got 5, expected text: put it in quotes"],
  },
  {
    what: "text where a list belongs",
    input: withService({ calls: "db" }),
    error: ['services.api.calls: got "db", expected a list'],
  },
  {
    what: "text where true or false belongs",
    input: withService({ internet: "yes" }),
    error: ['services.api.internet: got "yes", expected true or false'],
  },
];
