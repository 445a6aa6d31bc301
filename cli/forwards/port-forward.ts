import { type ChildProcess, spawn } from "node:child_process";

/** What a port of this machine leads to. */
export interface PortForward {
  /** Path of kubectl. */
  readonly kubectl: string;
  readonly kubeconfig: string;
  readonly context: string;
  readonly namespace: string;
  /** Name of the Service. */
  readonly service: string;
  /** TCP port of the Service. */
  readonly port: number;
  /** TCP port on 127.0.0.1; undefined: one that is free. */
  readonly localPort: number | undefined;
}

/** Starts a kubectl that opens a port. It ends when its pod is gone, or on SIGTERM. */
export function startPortForward(to: PortForward, env?: NodeJS.ProcessEnv): ChildProcess {
  const where = ["--kubeconfig", to.kubeconfig, "--context", to.context, "--namespace", to.namespace];
  const ports = `${to.localPort ?? ""}:${to.port}`;
  const args = [...where, "port-forward", "--address", "127.0.0.1", `service/${to.service}`, ports];
  const child = spawn(to.kubectl, args, { stdio: ["ignore", "pipe", "pipe"], ...(env ? { env } : {}) });
  // kubectl stays after its pod is gone, with a port that leads nowhere: it says so, and has to be ended.
  child.stderr.on("data", (text: Buffer) => {
    if (/lost connection|error forwarding|unable to do port forwarding|network namespace/i.test(text.toString()))
      child.kill("SIGTERM");
  });
  child.stdout.resume();
  return child;
}
