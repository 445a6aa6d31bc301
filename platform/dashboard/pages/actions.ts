import type { ActionsView } from "../environment-view.ts";
import { html, type Html } from "../html.ts";

/** How much longer an environment may be kept at once: a time span and what it is called. */
export const EXTENSIONS = [
  ["4h", "4 hours"],
  ["24h", "1 day"],
  ["72h", "3 days"],
  ["168h", "7 days"],
] as const;

/** What somebody may do with an environment. */
export function actionBar(name: string, actions: ActionsView): Html {
  const { extend, sleep, wake, approve } = actions;
  const form = (action: string, content: Html): Html =>
    html`<form method="post" action="/environments/${name}/${action}">${content}</form>`;
  const isNone = !extend && !sleep && !wake && !actions.delete && approve === undefined;
  return html`<section class="card" id="actions" aria-labelledby="actions-title" data-live>
    <h2 id="actions-title">Actions</h2>
    ${isNone && html`<p class="muted">There is nothing that you may do with it now.</p>`}
    <div class="actions">
      ${
        approve !== undefined &&
        form(
          "approve",
          html`<p>This commit of a fork runs once somebody who has looked at it approves it.</p>
            <input type="hidden" name="commit" value="${approve}" />
            <button class="primary">Approve ${approve.slice(0, 12)}</button>`,
        )
      }
      ${wake && form("wake", html`<button class="primary">Wake it</button>`)}
      ${
        extend &&
        form(
          "extend",
          html`<label class="unseen" for="by">Keep it longer by</label>
            <select id="by" name="by">
              ${EXTENSIONS.map(([span, text]) => html`<option value="${span}" ${span === "24h" && html`selected`}>${text}</option>`)}
            </select>
            <button>Keep it longer</button>`,
        )
      }
      ${sleep && form("sleep", html`<button>Put it to sleep</button>`)}
      ${actions.delete && html`<a class="button danger" href="/environments/${name}/delete">Delete…</a>`}
    </div>
  </section>`;
}
