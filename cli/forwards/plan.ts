import {
  DATA_STORE_PORTS,
  OBSERVABILITY_PORTS,
  OBSERVABILITY_SERVERS,
  type ResolvedEnvironment,
} from "../../spec/index.ts";

/** A Service of the environment that is reachable on this machine. */
export interface ForwardTarget {
  /** Name of the Service. */
  readonly service: string;
  /** TCP port of the Service. */
  readonly port: number;
}

/** One port of this machine that leads to a Service. */
export interface Forward extends ForwardTarget {
  /** TCP port on 127.0.0.1. */
  readonly localPort: number;
}

/** What the forwarder's process is started with: content of `.terrarium/forwards.json`. */
export interface ForwardsFile {
  readonly stack: string;
  readonly namespace: string;
  readonly kubectl: string;
  readonly kubeconfig: string;
  readonly context: string;
  readonly forwards: readonly Forward[];
}

/** Everything in an environment that a person or a test on this machine talks to, by name. */
export function forwardTargets(environment: ResolvedEnvironment): ForwardTarget[] {
  const { services, dataStores, observability } = environment;
  const servers = OBSERVABILITY_SERVERS.filter((name) => observability[name].enabled);
  return [
    ...Object.entries(services).flatMap(([service, { ports }]) =>
      Object.values(ports).map((port) => ({ service, port })),
    ),
    ...Object.entries(dataStores).map(([service, { engine }]) => ({ service, port: DATA_STORE_PORTS[engine] })),
    ...servers.map((service) => ({ service, port: OBSERVABILITY_PORTS[service] })),
  ];
}
