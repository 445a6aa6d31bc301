import {
  type EnvironmentSpec,
  mapValues,
  type ResolvedPreviewEnvironment,
  type ServiceSpec,
} from "../../spec/index.ts";

/**
 * Why a commit may not run: it comes from a fork, and not this very commit was approved. A push makes it another commit.
 *
 * @returns undefined where it may run.
 */
export function approvalNeeded(
  name: string,
  { pullRequest, approval, source }: ResolvedPreviewEnvironment,
): string | undefined {
  if (!pullRequest?.fork) return undefined;
  if (source.commit === undefined)
    return "It is of a fork's pull request and names no commit: only one commit can be approved. Set spec.source.commit.";
  if (approval?.commit === source.commit) return undefined;
  const before = approval ? ` The approval by ${approval.by} was for ${approval.commit} and is void.` : "";
  return `Commit ${source.commit} comes from a fork and was not approved.${before} Whoever has looked at it approves it in the pull request with the comment "/approve ${source.commit}", or as spec.approval of the Environment ${name}.`;
}

/**
 * The part of a description that code of strangers may have: no value of the platform's secrets, no data that databases start
 * with, no token of the cluster's API, no addresses beyond the environment. Only what is built from source reaches public addresses on 443, because it is
 * built there. Credentials that are generated for the environment stay: they open nothing else.
 */
export function forFork(spec: EnvironmentSpec): EnvironmentSpec {
  const { services = {}, dataStores = {}, network } = spec;
  return {
    ...spec,
    services: mapValues(services, confined),
    dataStores: mapValues(dataStores, (store) =>
      store.engine === "postgres" ? { ...store, seed: undefined, snapshot: undefined } : store,
    ),
    network: { ...network, httpsEgress: "declared" },
  };
}

function confined(service: ServiceSpec): ServiceSpec {
  const { secrets = {}, source } = service;
  return {
    ...service,
    secrets: Object.fromEntries(Object.entries(secrets).filter(([, from]) => !("config" in from))),
    internet: source !== undefined,
    egress: [],
    serviceAccountToken: false,
  };
}
