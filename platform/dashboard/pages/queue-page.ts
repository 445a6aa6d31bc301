import { html, type Html } from "../html.ts";
import type { QueueView } from "../queue-view.ts";
import { countOf } from "../wording.ts";
import type { Page } from "./layout.ts";

/** Who waits for a place, and what runs. */
export function queuePage({ caps, waiting, running }: QueueView): Page {
  return {
    title: "Queue",
    entry: "queue",
    events: "/events",
    content: html`
      <div class="head"><h1>Queue</h1></div>
      <dl class="stats" id="caps" data-live>
        ${caps.map(
          ({ name, taken, most }) =>
            html`<div class="card">
              <dt>${name}</dt>
              <dd>
                ${taken.toLocaleString("en")} <small>${most === undefined ? "without a cap" : `of ${most}`}</small>
                ${
                  most !== undefined &&
                  html`<progress
                    value="${Math.min(taken, most)}"
                    max="${most}"
                    aria-label="${name} used up"
                  ></progress>`
                }
              </dd>
            </div>`,
        )}
      </dl>
      <section class="page-section" id="waiting" aria-labelledby="waiting-title" data-live>
        <h2 id="waiting-title">${countOf(waiting.length, "environment")} in line</h2>
        ${
          waiting.length === 0
            ? html`<div class="empty"><p>Nobody waits: whoever asks for an environment gets a place at once.</p></div>`
            : waitingTable(waiting)
        }
      </section>
      <section class="page-section" id="running" aria-labelledby="running-title" data-live>
        <h2 id="running-title">${countOf(running.length, "operation")} under way</h2>
        ${
          running.length === 0
            ? html`<div class="empty"><p>Nothing is being changed now.</p></div>`
            : runningTable(running)
        }
      </section>
    `,
  };
}

function waitingTable(waiting: QueueView["waiting"]): Html {
  return html`<table class="list">
    <thead>
      <tr>
        <th scope="col">Environment</th>
        <th scope="col" class="number">Place</th>
        <th scope="col">Waits for a place of</th>
        <th scope="col">Owner</th>
        <th scope="col" class="number">For</th>
      </tr>
    </thead>
    <tbody>
      ${waiting.map(
        ({ name, position, cap, repository, owner, since, createdAt }) =>
          html`<tr>
            <th scope="row" class="what">
              <a href="/environments/${name}">${name}</a><span class="from">${repository}</span>
            </th>
            <td class="number">${position}</td>
            <td>${cap}</td>
            <td class="owner">${owner}</td>
            <td class="number age"><time datetime="${createdAt}" title="${createdAt}">${since}</time></td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function runningTable(running: QueueView["running"]): Html {
  return html`<table class="list">
    <thead>
      <tr>
        <th scope="col">Environment</th>
        <th scope="col">Does</th>
        <th scope="col">Is at</th>
        <th scope="col" class="number">For</th>
      </tr>
    </thead>
    <tbody>
      ${running.map(
        ({ name, doing, progress, since, startedAt }) =>
          html`<tr>
            <th scope="row" class="what"><a href="/environments/${name}">${name}</a></th>
            <td>${doing}</td>
            <td class="age">${progress}</td>
            <td class="number age"><time datetime="${startedAt}" title="${startedAt}">${since}</time></td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
