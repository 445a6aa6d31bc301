import type { EnvironmentView, FactView } from "../environment-view.ts";
import { Html, html, linkTarget } from "../html.ts";
import { inWords } from "../status-view.ts";
import { actionBar } from "./actions.ts";
import { changeList, progressBar, timelineChart } from "./update-section.ts";
import { icon, TONE_ICONS } from "./icon.ts";
import type { Page } from "./layout.ts";
import { policySection } from "./policy-section.ts";
import { resourceTree } from "./resource-section.ts";
import { statusBadge } from "./status-badge.ts";

const HOLDS = { True: "yes", False: "no", Unknown: "not known" } as const;

/** One environment. */
export function environmentPage(view: EnvironmentView): Page {
  const { name, status, alert, timeline, changes, progress, network, log } = view;
  const url = linkTarget(view.url);
  return {
    title: name,
    entry: "environments",
    events: `/environments/${name}/events`,
    content: html`
      <p class="back"><a href="/">Environments</a></p>
      <div class="head">
        <h1>${name}</h1>
        <p id="state" role="status" data-live>
          ${statusBadge(status)} ${status.detail !== undefined && html`<span class="detail">${status.detail}</span>`}
        </p>
        ${
          url !== undefined &&
          html`<a class="button primary open" href="${url}" rel="noreferrer">Open the page ${icon("open")}</a>`
        }
      </div>
      <div id="alert" data-live>
        ${
          alert &&
          html`<div class="alert ${alert.tone}">
            ${icon(TONE_ICONS[alert.tone])}
            <div>
              <h2>${alert.title}</h2>
              ${
                alert.points &&
                html`<ul>
                  ${alert.points.map((text) => html`<li>${text}</li>`)}
                </ul>`
              }
              ${alert.paragraphs.map((text) => html`<p>${text}</p>`)}
            </div>
          </div>`
        }
      </div>
      <div class="columns">
        ${actionBar(name, view.actions)}
        <div class="wide">
          <section class="card" id="update" aria-labelledby="update-title" data-live>
            <h2 id="update-title">${progress ? "Update under way" : "Last update"}</h2>
            ${progressBar(progress)}
            ${timeline ? timelineChart(timeline) : html`<p class="muted">No step was taken yet.</p>`}
            ${changes && changeList(changes, progress !== undefined)}
          </section>
          <section class="card" id="resources" aria-labelledby="resources-title" data-live>
            <h2 id="resources-title">Resources</h2>
            ${resourceTree(view.resources)}
          </section>
          <section class="card" aria-labelledby="log-title">
            <div class="title">
              <h2 id="log-title">Log</h2>
              <label class="follow" hidden><input type="checkbox" id="follow" checked /> Follow</label>
            </div>
            <pre class="log" id="log" tabindex="0" aria-label="Log of the last operation" data-live>
${log === "" ? "Nothing was done for it so far." : log}</pre>
          </section>
          ${eventSection(view)} ${conditionSection(view)}
        </div>
        <div class="narrow">
          <section class="card" id="facts" aria-labelledby="facts-title" data-live>
            <h2 id="facts-title">Details</h2>
            <dl class="facts">${view.facts.map(fact)}</dl>
          </section>
          ${policySection(view.policy)} ${reservedSection(view)}
        </div>
      </div>
      ${network && networkSection(network)}
    `,
  };
}

function fact({ term, text, address, time, isCode = false }: FactView): Html {
  const target = linkTarget(address);
  const shown = isCode ? html`<code>${text}</code>` : html`${text}`;
  return html`<div>
    <dt>${term}</dt>
    <dd>
      ${
        target !== undefined
          ? html`<a href="${target}" rel="noreferrer">${shown}</a>`
          : time !== undefined
            ? html`<time datetime="${time}" title="${time}">${shown}</time>`
            : shown
      }
    </dd>
  </div>`;
}

function networkSection({ drawing, edges }: NonNullable<EnvironmentView["network"]>): Html {
  return html`<section class="card" id="network" aria-labelledby="network-title">
    <h2 id="network-title">Network</h2>
    <p class="muted">Every arrow is declared; nothing else between these parts is open.</p>
    <div class="picture" tabindex="0" role="region" aria-label="Drawing of the network">${Html.trusted(drawing)}</div>
    <details>
      <summary>As a list</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col">Ports</th>
          </tr>
        </thead>
        <tbody>
          ${edges.map(
            ({ from, to, ports }) =>
              html`<tr>
                <td>${from}</td>
                <td>${to}</td>
                <td>${ports}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </details>
  </section>`;
}

function eventSection({ events }: EnvironmentView): Html {
  return html`<section class="card" id="happened" aria-labelledby="events-title" data-live>
    <h2 id="events-title">Events</h2>
    ${
      events.length === 0
        ? html`<p class="muted">The cluster keeps none. It forgets them after an hour.</p>`
        : html`<ol class="events">
            ${events.map(
              ({ type, reason, message, count, at, age }) =>
                html`<li>
                  <span class="when"
                    >${at !== undefined && html`<time datetime="${at}" title="${at}">${age}</time>`}</span
                  >
                  <span class="${type === "Warning" ? "bad" : "neutral"} dot"></span>
                  <span
                    ><strong>${inWords(reason)}</strong>${count > 1 && html` <span class="count">× ${count}</span>`}
                    <span class="muted">${message}</span></span
                  >
                </li>`,
            )}
          </ol>`
    }
  </section>`;
}

function reservedSection({ reserved }: EnvironmentView): Html | false {
  if (reserved.length === 0) return false;
  return html`<section class="card" id="reserved" aria-labelledby="reserved-title" data-live>
    <h2 id="reserved-title">Capacity${reserved.some(({ cost }) => cost !== undefined) && " and cost a month"}</h2>
    <dl class="reserved">
      ${reserved.map(
        ({ part, capacity, cost }) =>
          html`<div>
            <dt>${part}</dt>
            <dd>
              ${cost !== undefined && html`<span class="cost">${cost}</span>`}<span class="muted">${capacity}</span>
            </dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

function conditionSection({ conditions }: EnvironmentView): Html {
  return html`<section class="card" id="conditions" aria-labelledby="conditions-title" data-live>
    <h2 id="conditions-title">Conditions</h2>
    ${conditions.length === 0 && html`<p class="muted">None yet.</p>`}
    <dl class="conditions">
      ${conditions.map(
        ({ type, status: holds, reason, message, since, sinceAt }) =>
          html`<dt>
              <strong>${inWords(type)}</strong>: ${HOLDS[holds]}${reason !== inWords(type) && `, ${reason}`}
              <span class="muted"><time datetime="${sinceAt}" title="${sinceAt}">${since}</time></span>
            </dt>
            <dd class="muted">${message}</dd>`,
      )}
    </dl>
  </section>`;
}
