import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../clock.ts";

/**
 * Remembers the connections of a server that does not listen yet, those of websockets too, which an HTTP server forgets.
 *
 * @param graceMs that requests and websockets may go on for, in milliseconds.
 * @returns what ends the server: nothing new comes in, and after the grace every connection is cut.
 */
export function gracefulEnd(server: Server, clock: Clock, graceMs: number): () => Promise<void> {
  const connections = new Set<Socket>();
  server.on("connection", (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    const takeBack = clock.after(graceMs, () => {
      for (const socket of connections) socket.destroy();
    });
    await closed;
    takeBack();
  };
}
