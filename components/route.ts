import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ResolvedNetwork } from "../spec/index.ts";

/** What a route leads to, and from where. */
export interface RouteTarget {
  /** Service that the route leads to. */
  readonly service: string;
  readonly port: number;
  /** Host names (all that the gateway has, where there are none) and path prefixes. */
  readonly expose: { readonly hostnames: readonly string[]; readonly paths: readonly string[] };
  readonly gateway: NonNullable<ResolvedNetwork["gateway"]>;
}

/** Arguments of {@link createRoute}. */
export interface RouteArgs extends RouteTarget {
  readonly metadata: k8s.types.input.meta.v1.ObjectMeta;
}

/**
 * A Gateway API HTTPRoute from a gateway to a service.
 *
 * @see https://gateway-api.sigs.k8s.io/api-types/httproute/
 */
export function createRoute(
  name: string,
  { metadata, ...target }: RouteArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  return new k8s.apiextensions.CustomResource(
    `${name}-route`,
    { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", metadata, spec: routeSpec(target) },
    opts,
  );
}

/** The spec of an HTTPRoute. */
export function routeSpec({ service, port, expose, gateway }: RouteTarget): object {
  return {
    parentRefs: [
      {
        name: gateway.name,
        namespace: gateway.namespace,
        ...(gateway.sectionName ? { sectionName: gateway.sectionName } : {}),
      },
    ],
    ...(expose.hostnames.length > 0 ? { hostnames: [...expose.hostnames] } : {}),
    rules: [
      {
        matches: expose.paths.map((value) => ({ path: { type: "PathPrefix", value } })),
        backendRefs: [{ name: service, port }],
      },
    ],
  };
}
