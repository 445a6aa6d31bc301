import type { EnvironmentRoute, PreviewEnvironment } from "../../spec/index.ts";
import { previewName } from "../domain/names.ts";

/** Finds the environment that a host name belongs to. */
export type EnvironmentOfHost = (host: string | undefined) => string | undefined;

/**
 * Reads names of environments from host names.
 *
 * @param url pattern of environments' addresses, such as "https://{name}.preview.example.com".
 * @returns undefined for a host that no environment can have.
 */
export function environmentsByHost(url: string): EnvironmentOfHost {
  const { hostname } = new URL(url.replace("{name}", "name-of-it"));
  const [before = "", after = ""] = hostname.split("name-of-it");
  return (host) => {
    const name = host?.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
    if (name === undefined || !name.startsWith(before) || !name.endsWith(after)) return undefined;
    const found = name.slice(before.length, name.length - after.length);
    return /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(found) ? found : undefined;
  };
}

/** The route with the longest path that a request's begins with, part by part, as the Gateway API has it. */
export function routeOf(target: string, routes: readonly EnvironmentRoute[]): EnvironmentRoute | undefined {
  const path = target.split(/[?#]/)[0] ?? "";
  const matches = routes.filter((route) => {
    const start = route.path.replace(/\/$/, "");
    return path === start || path.startsWith(`${start}/`) || start === "";
  });
  return matches.toSorted((a, b) => b.path.length - a.path.length)[0];
}

/** Where a service of an environment listens inside the cluster. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Address of a route's service by the cluster's DNS. */
export function placeOf({ metadata }: PreviewEnvironment, { service, port }: EnvironmentRoute): Place {
  return { host: `${service}.${previewName(metadata.name)}.svc`, port };
}
