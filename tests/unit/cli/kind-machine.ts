import assert from "node:assert/strict";
import { Session } from "../../../cli/session.ts";
import type { ClusterAccess } from "../../../clusters/provider.ts";
import { writeClusterRecord } from "../../../clusters/record.ts";
import type { ScratchFolder } from "../clusters/scratch-folder.ts";
import { testSurroundings, type TestSurroundings } from "./surroundings.ts";

/** A stack of one service, with a data store and Prometheus. */
export const SHOP = `config:
  terrarium:tier: dev
  terrarium:application: shop
  terrarium:services:
    api: { image: "registry.example.com/shop/api:1.0.0" }
  terrarium:dataStores:
    cache: { engine: redis }
  terrarium:observability:
    loki: { enabled: false }
    grafana: { enabled: false }
`;

/** A kubectl whose port-forwards accept connections, and for whom nothing is in the cluster. */
export const KUBECTL = `
case "$*" in
  *port-forward*)
    for last; do :; done
    exec '${process.execPath}' -e "require('node:net').createServer().listen(\${last%%:*}, '127.0.0.1')" ;;
  *"--raw"*) echo ok ;;
  *) echo '{"items":[]}' ;;
esac`;

/** A machine with Podman, whose kind cluster is a file, and another file what runs in it; its stack is called dev. */
export function kindMachine(scratch: ScratchFolder): TestSurroundings {
  const surroundings = testSurroundings(scratch);
  scratch.file("Pulumi.dev.yaml", SHOP);
  const state = `${scratch.path}/.terrarium/state/.pulumi/stacks/terrarium`;
  scratch.program("podman", "exit 0");
  scratch.program("docker", "exit 127");
  const namespace = '{"items":[{"kind":"Namespace","metadata":{"name":"shop-dev"},"status":{"phase":"Active"}}]}';
  scratch.program(
    "kubectl",
    `
case "$*" in
  *"get namespaces"*) [ -e '${scratch.path}/up' ] && { echo '${namespace}'; exit; } ;;
esac
${KUBECTL}`,
  );
  scratch.program(
    "kind",
    `
case "$1 $2" in
  "create cluster")
    shift 2
    while [ $# -gt 0 ]; do
      [ "$1" = --name ] && echo "$2" > '${scratch.path}/cluster'
      [ "$1" = --kubeconfig ] && echo k > "$2"
      shift
    done ;;
  "delete cluster") rm -f '${scratch.path}/cluster' ;;
  "get clusters") cat '${scratch.path}/cluster' 2>/dev/null || true ;;
esac`,
  );
  scratch.program(
    "pulumi",
    `
case "$1 $2" in
  "stack init") mkdir -p '${state}'; echo '{}' > '${state}/dev.json' ;;
  "stack rm") rm -f '${state}/dev.json' ;;
  "stack output") echo '{}' ;;
  "stack export") echo '{"version":3,"deployment":{}}' ;;
  "up --yes") : > '${scratch.path}/up' ;;
  "destroy --yes") rm '${scratch.path}/up' ;;
esac`,
  );
  return surroundings;
}

/** Starts the machine's cluster, without anything in it. */
export async function startCluster(surroundings: TestSurroundings): Promise<ClusterAccess> {
  const access = await new Session(surroundings, "dev").providers.kind?.up();
  assert.ok(access);
  writeClusterRecord(surroundings.checkout, access);
  return access;
}
