import { createServer } from "node:http";
import pg from "pg";

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"], connectionTimeoutMillis: 2000 });
// Without a listener the loss of an idle connection would end the process.
pool.on("error", (error) => console.error(`Postgres closed a connection: ${error.message}`));

async function page(): Promise<string> {
  const { rows } = await pool.query<{ text: string }>("SELECT text FROM notes ORDER BY id");
  const items = rows.map(({ text }) => `<li>${text.replace(/[&<>]/g, (character) => ENTITIES[character] ?? "")}</li>`);
  return `<!doctype html><title>Notes</title><h1>Notes</h1><ul>${items.join("")}</ul>`;
}

const ROUTES: Readonly<Record<string, () => Promise<string>>> = {
  "/": page,
  "/health": () => Promise.resolve("alive"),
  "/ready": () => pool.query("SELECT 1").then(() => "ready"),
};

const server = createServer((request, response) => {
  const route = ROUTES[request.url ?? ""];
  if (!route) {
    response.writeHead(404).end("There is no such page.");
    return;
  }
  route().then(
    (text) => response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(text),
    (error: unknown) => {
      console.error(error);
      response.writeHead(503).end("Postgres does not answer.");
    },
  );
});

server.listen(Number(process.env["PORT"] ?? 8080), () => console.log("listening"));
process.once("SIGTERM", () => {
  server.close(() => void pool.end());
  server.closeIdleConnections();
});
