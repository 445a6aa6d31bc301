import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { NAMESPACE, type PlatformCluster } from "./platform-cluster.ts";

/** Service account of an installed platform service. */
export const SERVICE = "terrarium-platform";

/** What the installed service's pod reads, as a process of this machine can use it. */
export async function installedConfiguration({ api }: PlatformCluster): Promise<object> {
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps/platform-configuration`;
  const { data } = await api.send<{ data: Record<string, string> }>("GET", path);
  const config = parse(data["platform.yaml"] ?? "") as { runner: object };
  return { ...config, http: { port: 0 }, runner: { ...config.runner, state: {} } };
}

/** A kubeconfig with nothing but a service account's token. */
export async function kubeconfigOf({ api, kubeconfig }: PlatformCluster, account = SERVICE): Promise<object> {
  const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${account}/token`;
  const { status } = await api.send<{ status: { token: string } }>("POST", path, { body: { spec: {} } });
  const file = parse(readFileSync(kubeconfig, "utf8")) as { users: { name: string }[] };
  return { ...file, users: file.users.map(({ name }) => ({ name, user: { token: status.token } })) };
}
