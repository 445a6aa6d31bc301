import { environment, IMAGE, withService, type Refusal } from "../environments.ts";

/** Environment variables. */
export const variables: readonly Refusal[] = [
  {
    what: "the log level as a variable",
    input: withService({ env: { LOG_LEVEL: "debug" } }),
    error: [
      "services.api.env.LOG_LEVEL: expected another name: Terrarium sets LOG_LEVEL; set services.api.logLevel instead",
    ],
  },
  {
    what: "the port as a secret variable",
    input: withService({ secrets: { PORT: { generate: {} } } }),
    error: ["services.api.secrets.PORT: expected another name: Terrarium sets PORT; it is services.api.ports.http"],
  },
  {
    what: "the address of a called service",
    input: environment({
      services: { api: { image: IMAGE, calls: ["auth"], env: { AUTH_URL: "http://x" } }, auth: { image: IMAGE } },
    }),
    error: [
      "services.api.env.AUTH_URL: expected another name: Terrarium sets AUTH_URL; it comes with the call of auth",
    ],
  },
  {
    what: "the password of a called data store",
    input: withService(
      { calls: ["db"], secrets: { DB_PASSWORD: { generate: {} } } },
      { dataStores: { db: { engine: "redis" } } },
    ),
    error: [
      "services.api.secrets.DB_PASSWORD: expected another name: Terrarium sets DB_PASSWORD; it comes with the call of db",
    ],
  },
  ...(["env", "secrets"] as const).map((field) => ({
    what: `the address of the only called Postgres among ${field}`,
    input: withService(
      { calls: ["db"], [field]: { DATABASE_URL: field === "env" ? "postgresql://other" : { generate: {} } } },
      { dataStores: { db: { engine: "postgres" } } },
    ),
    error: [
      `services.api.${field}.DATABASE_URL: expected another name: Terrarium sets DATABASE_URL; it is the address of db, which the service calls`,
    ],
  })),
  {
    what: "one name for a variable and a secret",
    input: withService({ env: { TOKEN: "x" }, secrets: { TOKEN: { generate: {} } } }),
    error: ["services.api.env.TOKEN: expected another name: services.api.secrets.TOKEN has it already"],
  },
  {
    what: "a log level that doesn't exist",
    input: withService({ logLevel: "verbose" }),
    error: ['services.api.logLevel: got "verbose", expected "trace" or "debug" or "info" or "warn" or "error"'],
  },
];
