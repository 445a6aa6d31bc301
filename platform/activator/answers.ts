import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** What is said in place of an environment's page. */
export interface Notice {
  readonly status: 404 | 502 | 503;
  readonly title: string;
  readonly detail: string;
  /** Seconds until it is worth asking again; a browser does so by itself. @default it is not */
  readonly again?: number;
}

const STYLE = `:root{color-scheme:light dark;font:16px/1.6 system-ui,sans-serif}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:Canvas;color:CanvasText}
main{max-width:34rem;padding:2rem}h1{font-size:1.4rem;font-weight:600;margin:0 0 .5rem}p{margin:0}`;

const POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

/** Whether somebody looks at the answer in a browser. */
export function isForPeople({ method, headers }: IncomingMessage): boolean {
  return (method === "GET" || method === "HEAD") && (headers.accept?.includes("text/html") ?? false);
}

/** Answers with a page for people, and with a problem (RFC 9457) for programs. */
export function answer(request: IncomingMessage, response: ServerResponse, notice: Notice): void {
  const { status, title, detail, again } = notice;
  const asPage = isForPeople(request);
  const body = asPage ? page(notice) : `${JSON.stringify({ type: "about:blank", title, status, detail })}\n`;
  response.writeHead(status, {
    "content-type": asPage ? "text/html; charset=utf-8" : "application/problem+json",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    ...(again === undefined ? {} : { "retry-after": String(again) }),
    ...(again !== undefined && asPage ? { refresh: String(again) } : {}),
    // What the client still sends is not read.
    connection: "close",
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

function page({ title, detail }: Notice): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<title>${escape(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escape(title)}</h1><p role="status">${escape(detail)}</p></main></body></html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
