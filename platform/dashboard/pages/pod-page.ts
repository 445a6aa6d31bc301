import { html } from "../html.ts";
import type { Page } from "./layout.ts";

/** What one container of a pod wrote last. */
export interface PodView {
  readonly environment: string;
  readonly pod: string;
  /** Its containers, in the order in which they start. */
  readonly names: readonly string[];
  /** The one whose log this is. */
  readonly container: string;
  readonly lines: readonly string[];
  /** Why there is no log; undefined: there is one. */
  readonly missing: string | undefined;
  /** Of the last line: what follows comes as a stream. */
  readonly mark: string;
}

/** A pod, with the log of one of its containers. */
export function podPage({ environment, pod, names, container, lines, missing, mark }: PodView): Page {
  const address = `/environments/${environment}/pods/${pod}`;
  const note = missing ?? (lines.length === 0 ? "It has written nothing so far." : undefined);
  return {
    title: `${pod} · ${environment}`,
    entry: "environments",
    content: html`
      <p class="back"><a href="/environments/${environment}">${environment}</a></p>
      <div class="head"><h1>${pod}</h1></div>
      <section class="card" aria-labelledby="log-title">
        <div class="title">
          <h2 id="log-title">Log of ${container}</h2>
          <label class="follow" hidden><input type="checkbox" id="follow" checked /> Follow</label>
        </div>
        ${
          names.length > 1 &&
          html`<nav class="choices" aria-label="Containers">
            ${names.map(
              (name) =>
                html`<a
                  class="button"
                  href="${address}?container=${name}"
                  ${name === container && html`aria-current="page"`}
                  >${name}</a
                >`,
            )}
          </nav>`
        }
        ${note !== undefined && html`<p class="muted" id="note">${note}</p>`}
        <pre
          class="log whole"
          id="log"
          tabindex="0"
          aria-label="Log of ${container}"
          data-tail="${address}/log?container=${container}&after=${mark}"
        >
${lines.map((line) => `${line}\n`)}</pre>
      </section>
    `,
  };
}
