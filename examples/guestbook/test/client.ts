import assert from "node:assert/strict";
import type { Entry, SimilarEntry } from "../src/entries.ts";
import { until } from "./sandbox.ts";

/** An opened session as the API answers it. */
export interface ApiSession {
  readonly session: string;
  readonly token: string;
  readonly user: string | null;
}

/** A client of the HTTP API. */
export class Client {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  request(method: string, path: string, options: { token?: string; body?: unknown } = {}): Promise<Response> {
    return fetch(new URL(path, this.#url), {
      method,
      headers: {
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
    });
  }

  async openSession(body?: { username: string; password: string }): Promise<ApiSession> {
    const response = await this.request("POST", "/api/session", { body });
    assert.equal(response.status, 201, await response.clone().text());
    return (await response.json()) as ApiSession;
  }

  async sign(token: string, body: { author?: string; message: string }): Promise<Entry> {
    const response = await this.request("POST", "/api/entries", { token, body });
    assert.equal(response.status, 201, await response.clone().text());
    return (await response.json()) as Entry;
  }

  async list(): Promise<Entry[]> {
    const response = await this.request("GET", "/api/entries?limit=100");
    return ((await response.json()) as { entries: Entry[] }).entries;
  }

  async similar(q: string): Promise<SimilarEntry[]> {
    const response = await this.request("GET", `/api/entries/similar?${new URLSearchParams({ q }).toString()}`);
    return ((await response.json()) as { entries: SimilarEntry[] }).entries;
  }

  /** Waits until the worker has checked an entry. */
  decided(id: string): Promise<Entry> {
    return until(`entry ${id} is checked`, async () => {
      const response = await this.request("GET", `/api/entries/${id}`);
      if (!response.ok) return undefined;
      const entry = (await response.json()) as Entry;
      return entry.status === "pending" ? undefined : entry;
    });
  }
}

/** Value of a metric; undefined when it is not exposed. Labels may be given in any order. */
export async function metric(
  url: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text();
  for (const line of text.split("\n")) {
    const [, found, given = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const fits = Object.entries(labels).every(([label, wanted]) => given.includes(`${label}="${wanted}"`));
    if (found === name && fits) return Number(value);
  }
  return undefined;
}
