import { request as requestPlain } from "node:http";
import { request, type RequestOptions } from "node:https";
import { createInterface } from "node:readline";
import type { KubeConfig } from "@kubernetes/client-node";

/** Milliseconds of silence after which the other side is asked whether it is still there. */
const keepAliveMs = 30_000;

/**
 * Follows the log of a pod's container from its start. The client's own follower ends the process when the connection breaks.
 *
 * @returns a function that calls for each line, and settles when the log ends; it rejects when the connection breaks, or the
 *   signal aborts.
 */
export function logFollower(config: KubeConfig, namespace: string, container: string) {
  return async (pod: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> => {
    const server = config.getCurrentCluster()?.server ?? "";
    const url = new URL(`${server}/api/v1/namespaces/${namespace}/pods/${pod}/log?container=${container}&follow=true`);
    const options: RequestOptions = { signal };
    await config.applyToHTTPSOptions(options);
    await new Promise<void>((resolve, reject) => {
      const call = (url.protocol === "http:" ? requestPlain : request)(url, options, (response) => {
        response.on("error", reject);
        if (response.statusCode !== 200) {
          response.resume();
          reject(new Error(`The log of pod ${pod} can't be read: ${response.statusCode ?? "no status"}`));
          return;
        }
        // It repeats the errors of its input, and one that nobody hears ends the process.
        createInterface({ input: response }).on("line", onLine).on("error", reject);
        response.on("end", resolve);
      });
      call.on("socket", (socket) => socket.setKeepAlive(true, keepAliveMs));
      call.on("error", reject);
      call.end();
    });
  };
}
