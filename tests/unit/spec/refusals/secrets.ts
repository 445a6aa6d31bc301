import { environment, withService, withStore, type Refusal } from "../environments.ts";
import { REDIS_KEYS } from "./wording.ts";

const SECRET =
  '{ generate: {} } for a random value, or { config: "<key>" } for a value set with ' +
  "`pulumi config set --secret --path secretValues.<key>`; never the value itself";

/** Secrets, which no error repeats. */
export const secrets: readonly Refusal[] = [
  {
    what: "a literal secret",
    input: withService({ secrets: { TOKEN: "hunter2" } }),
    error: [`services.api.secrets.TOKEN: expected ${SECRET}`],
  },
  {
    what: "a literal secret in a map",
    input: withService({ secrets: { TOKEN: { value: "hunter2" } } }),
    error: [`services.api.secrets.TOKEN: expected ${SECRET}`],
  },
  {
    what: "a secret from two sources",
    input: withService({ secrets: { TOKEN: { generate: {}, config: "hunter2" } } }),
    error: [`services.api.secrets.TOKEN: expected ${SECRET}`],
  },
  {
    what: "a literal secret as the key",
    input: withService({ secrets: { TOKEN: { config: "hunter2!" } } }),
    error: [
      "services.api.secrets.TOKEN.config: expected a key of secretValues: letters, digits, '_' and '-', not starting with a digit",
    ],
  },
  {
    what: "a literal secret as the length",
    input: withService({ secrets: { TOKEN: { generate: { length: "hunter2" } } } }),
    error: ["services.api.secrets.TOKEN.generate.length: expected a whole number from 16 to 128"],
  },
  {
    what: "secrets as one text",
    input: withService({ secrets: "hunter2" }),
    error: ["services.api.secrets: expected a map of names to values"],
  },
  {
    what: "secrets inside a list of services",
    input: environment({ services: [{ name: "api", secrets: { TOKEN: "hunter2" } }] }),
    error: ["services: got a list of maps, expected a map of names to values"],
  },
  ...["https://ann:hunter2@dumps.example.com/a.sql", "https://dumps.example.com/a.sql?signature=hunter2"].map(
    (url) => ({
      what: `the address ${url} of a dump`,
      input: withStore({ engine: "postgres", seed: { dump: { url } } }),
      error: [
        `dataStores.db.seed.dump.url: got "${url.replace("ann:hunter2@", "***@").replace("signature=hunter2", "***")}", expected an http(s) address without user, password and query; one that has a signature comes by \`config\``,
      ],
    }),
  ),
  {
    what: "the password of where traces go",
    input: environment({
      observability: { collector: { traces: { endpoint: "https://ann:hunter/2@tempo.example.com" } } },
    }),
    error: [
      'observability.collector.traces.endpoint: got "https://***@tempo.example.com", expected an address such as "http://tempo.tracing.svc:4318", without user, query or "/v1/traces"',
    ],
  },
  {
    what: "a password on a data store",
    input: withStore({ engine: "redis", password: "hunter2" }),
    error: [`dataStores.db.password: no such key; allowed here: ${REDIS_KEYS}`],
  },
  {
    what: "a data store as a map with a password only",
    input: withStore({ password: "hunter2" }),
    error: ['dataStores.db.engine: got nothing, expected "postgres" or "redis"'],
  },
  {
    what: "a secret that is too short",
    input: withService({ secrets: { TOKEN: { generate: { length: 8 } } } }),
    error: ["services.api.secrets.TOKEN.generate.length: expected a whole number from 16 to 128"],
  },
  {
    what: "a secret value that isn't set",
    input: withService({ secrets: { TOKEN: { config: "api-token" } } }),
    secretKeys: ["other"],
    error: [
      'services.api.secrets.TOKEN.config: got "api-token", expected a key of secretValues (other); ' +
        "set it with `pulumi config set --secret --path 'secretValues.api-token'`",
    ],
  },
  {
    what: "a secret value where none is set",
    input: withService({ secrets: { TOKEN: { config: "token" } } }),
    secretKeys: [],
    error: [
      'services.api.secrets.TOKEN.config: got "token", expected a key of secretValues (none are set); ' +
        "set it with `pulumi config set --secret --path 'secretValues.token'`",
    ],
  },
];
