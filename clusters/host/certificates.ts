/** The cluster's own authority and the certificates of its programs. */
import { generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubeEndpoint } from "../kube-api.ts";
import { kubeconfigFor, writePrivateFile } from "../kubeconfig.ts";
import { createAuthority, createLeaf } from "./authority.ts";
import type { HostLayout } from "./layout.ts";
import { type HostPlan, nodeName } from "./plan.ts";

/** Names and groups under which programs are known to the API server. */
export const clients = {
  admin: "/O=system:masters/CN=terrarium",
  "apiserver-kubelet-client": "/O=system:masters/CN=apiserver-kubelet-client",
  kubelet: `/O=system:nodes/CN=system:node:${nodeName}`,
  "kube-proxy": "/CN=system:kube-proxy",
  "kube-controller-manager": "/CN=system:kube-controller-manager",
  "kube-scheduler": "/CN=system:kube-scheduler",
  calico: "/O=calico/CN=calico",
  "etcd-client": "/CN=etcd-client",
} as const;

/** A program with a client certificate. */
export type Client = keyof typeof clients;

/** Creates the authority, all certificates and the kubeconfigs. What exists is kept. */
export async function createCertificates(layout: HostLayout, plan: HostPlan): Promise<void> {
  const folder = layout.certificates;
  if (existsSync(join(folder, "complete"))) return;
  await createAuthority(folder, "/CN=terrarium-ca");
  const names = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "localhost",
  ].map((name) => `DNS:${name}`);
  const addresses = [plan.networks.node, plan.networks.apiserver, "127.0.0.1"].map((address) => `IP:${address}`);
  await Promise.all([
    // etcd is a client of itself when it serves its gateway.
    createLeaf(folder, "server", "/CN=kube-apiserver", ["serverAuth", "clientAuth"], [...names, ...addresses]),
    ...Object.entries(clients).map(([name, subject]) => createLeaf(folder, name, subject, ["clientAuth"])),
  ]);
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(join(folder, "service-accounts.key"), privateKey.export({ type: "pkcs8", format: "pem" }), {
    mode: 0o600,
  });
  await writeFile(join(folder, "service-accounts.pub"), publicKey.export({ type: "spki", format: "pem" }));
  for (const client of Object.keys(clients) as Client[]) {
    const endpoint = await endpointOf(layout, plan, client);
    writePrivateFile(join(layout.kubeconfigs, client), kubeconfigFor(client, endpoint));
  }
  await writeFile(join(folder, "complete"), "");
}

/** How a program reaches the API server. */
export async function endpointOf(layout: HostLayout, plan: HostPlan, client: Client): Promise<KubeEndpoint> {
  const read = (name: string): Promise<Buffer> => readFile(join(layout.certificates, name));
  const [certificateAuthority, clientCertificate, clientKey] = await Promise.all([
    read("ca.crt"),
    read(`${client}.crt`),
    read(`${client}.key`),
  ]);
  const server = `https://${plan.networks.node}:${plan.ports.apiserver}`;
  return { server, certificateAuthority, clientCertificate, clientKey };
}
