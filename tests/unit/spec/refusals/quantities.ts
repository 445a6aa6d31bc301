import { environment, withService, withStore, type Refusal } from "../environments.ts";

const CPU = 'cores such as "250m", "0.5" or "2"';
const BYTES = 'bytes such as "128Mi", "1Gi" or "500M"';

/** Amounts of cpu, memory and storage. */
export const quantities: readonly Refusal[] = [
  {
    what: "cpu in bytes",
    input: withService({ resources: { limits: { cpu: "1Gi" } } }),
    error: [`services.api.resources.limits.cpu: got "1Gi", expected ${CPU}`],
  },
  {
    what: "memory in milli-bytes",
    input: withService({ resources: { limits: { memory: "512m" } } }),
    error: [`services.api.resources.limits.memory: got "512m", expected ${BYTES}`],
  },
  {
    what: "memory with the wrong case",
    input: withService({ resources: { requests: { memory: "512mb" } } }),
    error: [`services.api.resources.requests.memory: got "512mb", expected ${BYTES}`],
  },
  {
    what: "memory whose unit was forgotten",
    input: withService({ resources: { limits: { memory: 512 } } }),
    error: [
      'services.api.resources.limits.memory: got 512, expected at least "1M": a number without a unit counts bytes',
    ],
  },
  {
    what: "no cpu at all",
    input: withService({ resources: { requests: { cpu: 0 } } }),
    error: [`services.api.resources.requests.cpu: got 0, expected ${CPU}`],
  },
  {
    what: "a negative size",
    input: withStore({ engine: "redis", storage: { size: "-1Gi" } }),
    error: [`dataStores.db.storage.size: got "-1Gi", expected ${BYTES}`],
  },
  {
    what: "a map as a quantity",
    input: environment({ quota: { memory: {} } }),
    error: [`quota.memory: got an empty map, expected ${BYTES}`],
  },
  {
    what: "a cpu request above its limit",
    input: withService({ resources: { requests: { cpu: "2" }, limits: { cpu: "500m" } } }),
    error: ['services.api.resources.requests.cpu: got "2", expected at most the limit, resources.limits.cpu "500m"'],
  },
  {
    what: "a memory request above its limit, in other units",
    input: withStore({ engine: "redis", resources: { requests: { memory: "1Gi" }, limits: { memory: "1000M" } } }),
    error: [
      'dataStores.db.resources.requests.memory: got "1Gi", expected at most the limit, resources.limits.memory "1000M"',
    ],
  },
  {
    what: "an observability server's request above its limit",
    input: environment({ observability: { loki: { resources: { requests: { cpu: 2 }, limits: { cpu: 1 } } } } }),
    error: ['observability.loki.resources.requests.cpu: got "2", expected at most the limit, resources.limits.cpu "1"'],
  },
];
