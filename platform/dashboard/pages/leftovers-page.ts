import { html, type Html } from "../html.ts";
import type { LeftoversView } from "../leftovers-view.ts";
import type { Page } from "./layout.ts";

/** What nobody wants, and what was removed of it. */
export function leftoversPage({ found, removed, isDryRun, interval, grace }: LeftoversView): Page {
  return {
    title: "Leftovers",
    entry: "leftovers",
    content: html`
      <div class="head">
        <h1>Leftovers</h1>
        <p class="summary">
          Stacks and namespaces of this platform that no environment wants are looked for every ${interval}.
          ${
            isDryRun
              ? "They are only reported: garbage.dryRun is on."
              : `What is found again ${grace} after it was first reported is removed.`
          }
        </p>
      </div>
      <section class="page-section" aria-labelledby="found-title">
        <h2 id="found-title">Found</h2>
        ${
          found.length === 0
            ? html`<div class="empty"><p>The last search found nothing that is not wanted.</p></div>`
            : table(
                ["What", "Found", "What becomes of it"],
                found.map(({ kind, name, since, reportedAt, fate }) => [
                  what(kind, name),
                  time(reportedAt, since),
                  fate,
                ]),
              )
        }
      </section>
      <section class="page-section" aria-labelledby="removed-title">
        <h2 id="removed-title">Removed</h2>
        ${
          removed.length === 0
            ? html`<div class="empty"><p>Nothing had to be removed so far.</p></div>`
            : table(
                ["What", "Removed", "Why"],
                removed.map(({ kind, name, ago, at, reason }) => [what(kind, name), time(at, ago), reason]),
              )
        }
      </section>
    `,
  };
}

function table(head: readonly [string, string, string], rows: readonly (readonly [Html, Html, string])[]): Html {
  const [first, second, third] = head;
  return html`<table class="list">
    <thead>
      <tr>
        <th scope="col">${first}</th>
        <th scope="col">${second}</th>
        <th scope="col">${third}</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ([name, when, rest]) =>
          html`<tr>
            <th scope="row" class="what">${name}</th>
            <td class="age">${when}</td>
            <td>${rest}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function what(kind: string, name: string): Html {
  return html`<code>${name}</code> <span class="from">${kind}</span>`;
}

function time(at: string, span: string): Html {
  return html`<time datetime="${at}" title="${at}">${span} ago</time>`;
}
