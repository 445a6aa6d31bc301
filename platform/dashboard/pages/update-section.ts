import type { ChangesView } from "../changes-view.ts";
import type { EnvironmentView } from "../environment-view.ts";
import { html, type Html } from "../html.ts";
import type { TimelineView } from "../timeline.ts";
import { icon, TONE_ICONS } from "./icon.ts";

const SIGNS = { create: "+", update: "~", replace: "±", delete: "−", same: "=" } as const;
const WORDS = {
  create: ["to create", "created"],
  update: ["to change", "changed"],
  replace: ["to replace", "replaced"],
  delete: ["to delete", "deleted"],
  same: ["unchanged", "unchanged"],
} as const;

/** How far an operation has come. */
export function progressBar(progress: EnvironmentView["progress"]): Html | false {
  if (progress === undefined) return false;
  const { text, done, total } = progress;
  return html`<div class="progress">
    <p id="progress-text">${text}</p>
    ${
      done !== undefined && total !== undefined
        ? html`<progress aria-labelledby="progress-text" value="${done}" max="${total}"></progress>`
        : html`<progress aria-labelledby="progress-text"></progress>`
    }
  </div>`;
}

/** Steps as bars over time. */
export function timelineChart({ bars, duration, startedAt }: TimelineView): Html {
  return html`<table class="timeline">
    <caption>
      <span class="muted">${duration} in all, from</span>
      <time datetime="${startedAt}">${startedAt.slice(0, 19).replace("T", " ")} UTC</time>
    </caption>
    <thead class="unseen">
      <tr>
        <th scope="col">Step</th>
        <th scope="col">Over time</th>
        <th scope="col">Duration</th>
      </tr>
    </thead>
    <tbody>
      ${bars.map(
        ({ name, start, length, duration: taken, isRunning }) =>
          html`<tr class="${isRunning ? "busy" : "good"}">
            <th scope="row">${name}</th>
            <td>
              <svg viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">
                <path class="grid" d="M0 0v14M250 0v14M500 0v14M750 0v14M1000 0v14" />
                <rect x="${start}" y="1" width="${length}" height="12" />
              </svg>
            </td>
            <td class="number">${taken}${isRunning && html`<span class="unseen"> so far</span>`}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** What an update changes. @param isUnderWay whether it still runs. */
export function changeList({ counts, changes, more }: ChangesView, isUnderWay: boolean): Html {
  const summary = html`<ul class="counts">
    ${counts.map(({ change, count }) => html`<li class="${change}"><b>${SIGNS[change]}${count}</b> ${WORDS[change][isUnderWay ? 0 : 1]}</li>`)}
  </ul>`;
  if (changes.length === 0) return summary;
  return html`${summary}
    <details class="changes">
      <summary>${isUnderWay ? "What changes" : "What changed"}</summary>
      <ul>
        ${changes.map(
          ({ change, resource, tone, state }) =>
            html`<li class="${tone}">
              ${icon(TONE_ICONS[tone])}<span class="change">${change}</span> <code>${resource}</code>
              <span class="muted">${state}</span>
            </li>`,
        )}
        ${more > 0 && html`<li class="muted">and ${more} more</li>`}
      </ul>
    </details>`;
}
