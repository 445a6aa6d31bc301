import { type ClusterReader, listObjects } from "./cluster-objects.ts";
import { type RouteReport, toRoute } from "./route-status.ts";

/** Lists the routes of a namespace, by name; none on a cluster without the Gateway API. */
export async function listRoutes(reader: ClusterReader, namespace: string): Promise<RouteReport[]> {
  const kind = "httproutes.gateway.networking.k8s.io";
  try {
    return (await listObjects(reader, [kind, "--namespace", namespace])).map(toRoute);
  } catch (error) {
    if (error instanceof Error && error.message.includes("doesn't have a resource type")) return [];
    throw error;
  }
}
