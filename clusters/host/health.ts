/** Whether a host cluster works, in the order in which its parts depend on each other. */
import { existsSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import type { KubeApi } from "../kube-api.ts";
import { dnsDeployment } from "./dns.ts";
import { serviceProcesses, supervisorName } from "./host-processes.ts";
import type { HostLayout } from "./layout.ts";
import { type HostPlan, nodeName } from "./plan.ts";
import { enforcesPolicies } from "./pod-network.ts";
import { startMark } from "./service.ts";
import { storageDeployment } from "./storage.ts";
import { unavailableDeployment } from "./system-pods.ts";

/** The process that enforces network policies. */
const felix = "calico-felix";

/** The processes that a complete cluster has, the supervisor included. */
export const serviceNames = [
  ...[supervisorName, "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"],
  ...["containerd", "kubelet", "kube-proxy", felix],
] as const;

/** What does not work, in words; undefined when all does. Only a running supervisor repairs it by itself. */
export async function findFault(layout: HostLayout, plan: HostPlan, api: KubeApi): Promise<string | undefined> {
  const running = new Set((await serviceProcesses(layout)).map(({ service }) => service));
  const missing = serviceNames.filter((name) => !running.has(name) && (name !== felix || enforcesPolicies(plan)));
  if (missing.length > 0) return `${missing.join(", ")} not running`;
  if (!existsSync(`/sys/class/net/${plan.bridge}`)) return `the network interface ${plan.bridge} is gone`;
  if (!(await answers(layout.containerdSocket))) return "containerd does not answer";
  if (!(await api.ready())) return "the API server does not answer";
  try {
    return (
      (await unreadyNode(api)) ??
      (await silentKubelet(api)) ??
      (await unreadyServices(plan)) ??
      (enforcesPolicies(plan) ? await unreadyFelix(layout, plan) : undefined) ??
      (await unavailableDeployment(api, [dnsDeployment, storageDeployment]))
    );
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Why the node takes no pods; undefined when it does. */
export async function unreadyNode(api: KubeApi): Promise<string | undefined> {
  const node = (await api.read(`/api/v1/nodes/${nodeName}`)) as
    { status?: { conditions?: { type: string; status: string; message?: string }[] } } | undefined;
  const ready = node?.status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "True" ? undefined : `node ${nodeName} is not ready: ${ready?.message ?? "not registered"}`;
}

/** Why pods are neither started nor reached; undefined when they are. The node counts as ready for a while without. */
async function silentKubelet(api: KubeApi): Promise<string | undefined> {
  const { status } = await api.send("GET", `/api/v1/nodes/${nodeName}/proxy/healthz`);
  return status === 200 ? undefined : `the kubelet does not answer (${status})`;
}

/** Why addresses of Services do not lead to pods; undefined when they do. */
export async function unreadyServices(plan: HostPlan): Promise<string | undefined> {
  const status = await httpStatus(`http://127.0.0.1:${plan.ports.proxyHealth}/healthz`);
  return status === 200 ? undefined : `kube-proxy is not ready (${status ?? "no answer"})`;
}

/** Why network policies are not in force yet; undefined when they are. */
async function unreadyFelix(layout: HostLayout, plan: HostPlan): Promise<string | undefined> {
  const status = await httpStatus(`http://127.0.0.1:${plan.ports.felixHealth}/readiness`);
  if (status !== 200) return `calico-felix is not ready (${status ?? "no answer"})`;
  // Readiness comes before the first rules are in the kernel.
  const log = readFileSync(join(layout.logs, "calico-felix.log"), "utf8");
  const lastStart = log.lastIndexOf(startMark);
  return lastStart < 0 || log.includes("Completed first update to dataplane", lastStart)
    ? undefined
    : "calico-felix has not put the network policies in force yet";
}

function httpStatus(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const call = get(url, { timeout: 2_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => {
      resolve(undefined);
    });
  });
}

/** Whether a program listens on a socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, () => {
      finish(false);
    });
    socket.once("connect", () => {
      finish(true);
    });
    socket.once("error", () => {
      finish(false);
    });
  });
}
