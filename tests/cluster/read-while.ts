import { eventually } from "./eventually.ts";
import { hardenedPod } from "./hardened-pod.ts";
import type { Objects } from "./kubectl.ts";
import { unique } from "./stack.ts";

/** A client inside the cluster. */
export interface ReaderArgs {
  readonly objects: Objects;
  /** Service in whose place it stands for network policies. */
  readonly as: string;
  /** Address that it reads. */
  readonly url: string;
}

/** How a client's requests went, from the first that was answered. */
export interface Reads {
  readonly ok: number;
  /** What the client said of those that failed. */
  readonly failed: readonly string[];
}

/** Lets a pod read an address by its Service's name, some times a second with new connections, while something happens. */
export async function readWhile({ objects, as, url }: ReaderArgs, happening: () => Promise<unknown>): Promise<Reads> {
  const { namespace, run } = objects;
  const name = unique("reader");
  const script = `while sleep 0.05; do said=$(wget -q -T 5 -O /dev/null '${url}' 2>&1) && echo ok || echo "failed $said"; done`;
  const labels = { "app.kubernetes.io/name": as, "app.kubernetes.io/instance": namespace };
  const lines = async () => (await run(["logs", name])).split("\n").filter((line) => line !== "");
  await run(["create", "-f", "-"], hardenedPod({ name, namespace, command: ["sh", "-c", script], labels }));
  try {
    await eventually("the first read", async () => ((await lines()).includes("ok") ? true : undefined));
    await happening();
    const all = await lines();
    const counted = all.slice(all.indexOf("ok"));
    return { ok: counted.filter((line) => line === "ok").length, failed: counted.filter((line) => line !== "ok") };
  } finally {
    await run(["delete", "pod", name, "--grace-period=0", "--force"]);
  }
}
