import { environment, IMAGE, withService, type Refusal } from "../environments.ts";
import { MIGRATION } from "./wording.ts";

/** Names of what isn't there. */
export const references: readonly Refusal[] = [
  {
    what: "a call of something that isn't there",
    input: withService({ calls: ["db", "cache"] }, { dataStores: { db: { engine: "postgres" } } }),
    error: ['services.api.calls[1]: got "cache", expected one of: db'],
  },
  {
    what: "a call where nothing can be called",
    input: withService({ calls: ["db"] }),
    error: ['services.api.calls[0]: got "db", expected another service or a data store: none is declared'],
  },
  {
    what: "a call of itself",
    input: withService({ calls: ["api"] }),
    error: ['services.api.calls[0]: got "api", expected another service than itself'],
  },
  {
    what: "a call given twice",
    input: withService({ calls: ["db", "db"] }, { dataStores: { db: { engine: "redis" } } }),
    error: ['services.api.calls[1]: got "db", expected each name once'],
  },
  {
    what: "a start after something that isn't there",
    input: environment({ services: { api: { image: IMAGE, startAfter: ["auht"] }, auth: { image: IMAGE } } }),
    error: ['services.api.startAfter[0]: got "auht", expected one of: auth'],
  },
  {
    what: "a start after a data store, which calls already mean",
    input: withService({ startAfter: ["db"] }, { dataStores: { db: { engine: "redis" } } }),
    error: ['services.api.startAfter[0]: got "db", expected another service: none is declared'],
  },
  {
    what: "a start after itself",
    input: withService({ startAfter: ["api"] }),
    error: ['services.api.startAfter[0]: got "api", expected another service than itself'],
  },
  {
    what: "services that start after each other",
    input: environment({
      services: {
        a: { image: IMAGE, startAfter: ["b"] },
        b: { image: IMAGE, startAfter: ["c"] },
        c: { image: IMAGE, startAfter: ["b"] },
      },
    }),
    error: ["services.b.startAfter: got b → c → b, expected an order without a cycle"],
  },
  {
    what: "a migration of a store that isn't there",
    input: environment({ migrations: { migrate: MIGRATION } }),
    error: ['migrations.migrate.dataStore: got "db", expected a Postgres data store: none is declared'],
  },
  {
    what: "a migration of Redis",
    input: environment({
      dataStores: { db: { engine: "redis" }, pg: { engine: "postgres" } },
      migrations: { migrate: MIGRATION },
    }),
    error: ['migrations.migrate.dataStore: got "db", expected a Postgres data store: pg'],
  },
  {
    what: "a probe of a port that isn't there",
    input: withService({ probes: { readiness: { port: "admin" } } }),
    error: ['services.api.probes.readiness.port: got "admin", expected a name from ports: http'],
  },
  {
    what: "a probe of a port called like a property of every object",
    input: withService({ probes: { liveness: { port: "constructor" } } }),
    error: ['services.api.probes.liveness.port: got "constructor", expected a name from ports: http'],
  },
  {
    what: "metrics on a port that isn't there",
    input: withService({ metrics: { port: "metrics" } }),
    error: ['services.api.metrics.port: got "metrics", expected a name from ports: http'],
  },
  {
    what: "an exposed port that isn't there",
    input: withService({ ports: { http: 80, grpc: 90 }, expose: { port: "web" } }),
    error: ['services.api.expose.port: got "web", expected a name from ports: http, grpc'],
  },
];
