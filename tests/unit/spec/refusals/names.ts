import { environment, IMAGE, withService, withStore, type Refusal } from "../environments.ts";
import { NAME, MIGRATION } from "./wording.ts";

const RESERVED =
  "a name other than default-deny, allow-dns, allow-https-egress, allow-within-namespace, prometheus, alertmanager, loki, grafana, log-collector, " +
  "kube-state-metrics, node-metrics, kubernetes, which Terrarium uses itself";

/** Names that Kubernetes or Terrarium can't take. */
export const names: readonly Refusal[] = [
  {
    what: "a service's name with capitals and underscores",
    input: environment({ services: { Api_1: { image: IMAGE } } }),
    error: [`services.Api_1: got "Api_1", expected a name of ${NAME}`],
  },
  {
    what: "a service's name that starts with a digit",
    input: environment({ services: { "1api": { image: IMAGE } } }),
    error: [`services.1api: got "1api", expected a name of ${NAME}`],
  },
  {
    what: "a service's name of 63 characters",
    input: environment({ services: { ["a".repeat(63)]: { image: IMAGE } } }),
    error: [
      `services.${"a".repeat(63)}: got "${"a".repeat(63)}", expected a name of at most 52 characters (this one has 63)`,
    ],
  },
  {
    what: "a data store's name that leaves no room for its backup",
    input: environment({ dataStores: { ["a".repeat(46)]: { engine: "redis" } } }),
    error: [
      `dataStores.${"a".repeat(46)}: got "${"a".repeat(46)}", expected a name of at most 45 characters (this one has 46)`,
    ],
  },
  {
    what: "an environment's name of 63 characters",
    input: environment({ name: "a".repeat(63) }),
    error: [`name: got "${"a".repeat(63)}", expected a name of at most 58 characters (this one has 63)`],
  },
  {
    what: "an application's name with a dot",
    input: environment({ application: "shop.io" }),
    error: [`application: got "shop.io", expected ${NAME}`],
  },
  {
    what: "a name that Terrarium uses",
    input: environment({ services: { grafana: { image: IMAGE } } }),
    error: [`services.grafana: got "grafana", expected ${RESERVED}`],
  },
  {
    what: "an environment in a namespace of the cluster",
    input: environment({ name: "kube-system" }),
    error: [
      'name: got "kube-system", expected a name other than default, kube-system, kube-public, kube-node-lease or "kube-...": these namespaces are the cluster\'s',
    ],
  },
  {
    what: "an environment in the ingress controller's namespace",
    input: environment({ name: "edge", network: { ingressNamespace: "edge" } }),
    error: [
      'name: got "edge", expected another name than network.ingressNamespace: an environment has a namespace of its own',
    ],
  },
  {
    what: "a service and a data store of one name",
    input: withStore({ engine: "redis" }, { services: { db: { image: IMAGE } } }),
    error: ['dataStores.db: got "db", expected a name of its own: services.db has it already'],
  },
  {
    what: "a migration called like a service",
    input: withStore({ engine: "postgres" }, { services: { api: { image: IMAGE } }, migrations: { api: MIGRATION } }),
    error: ['migrations.api: got "api", expected a name of its own: services.api has it already'],
  },
  {
    what: "a service called like another's headless Service",
    input: environment({ services: { api: { image: IMAGE }, "api-headless": { image: IMAGE } } }),
    error: [
      'services.api-headless: got "api-headless", expected a name of its own: the headless Service of services.api has it already',
    ],
  },
  {
    what: "a service called like the headless Service of a server of the observability stack",
    input: environment({ services: { "loki-headless": { image: IMAGE } } }),
    error: [
      'services.loki-headless: got "loki-headless", expected a name of its own: the headless Service of loki has it already',
    ],
  },
  {
    what: "a service called like what holds a store's roles",
    input: withStore({ engine: "postgres" }, { services: { "db-roles": { image: IMAGE } } }),
    error: ['services.db-roles: got "db-roles", expected a name of its own: the roles of dataStores.db has it already'],
  },
  {
    what: "a service called like a store's backup",
    input: withStore({ engine: "postgres" }, { services: { "db-backup": { image: IMAGE } } }),
    error: [
      'services.db-backup: got "db-backup", expected a name of its own: the backup of dataStores.db has it already',
    ],
  },
  {
    what: "an environment variable with a hyphen",
    input: withService({ env: { "LOG-FORMAT": "json" } }),
    error: [
      "services.api.env.LOG-FORMAT: got \"LOG-FORMAT\", expected a name of letters, digits and '_', not starting with a digit",
    ],
  },
];
