import { html, type Html } from "../html.ts";
import type { PolicyView } from "../policy-view.ts";
import type { StatusView } from "../status-view.ts";
import { statusBadge } from "./status-badge.ts";

const VERDICTS: Readonly<Record<PolicyView["verdict"], readonly [StatusView, string]>> = {
  passed: [{ label: "Passed", tone: "good" }, "The last update broke no mandatory rule."],
  violated: [{ label: "Violated", tone: "bad" }, "Nothing was changed; what ran before still runs."],
  "not judged": [{ label: "Not judged yet", tone: "waiting" }, "An update is judged before it changes anything."],
  "no policies": [{ label: "None", tone: "neutral" }, "The platform's configuration names no policy pack."],
};

/** What policies say. */
export function policySection({ verdict, violations }: PolicyView): Html {
  const [badge, text] = VERDICTS[verdict];
  return html`<section class="card" id="policies" aria-labelledby="policies-title" data-live>
    <div class="title">
      <h2 id="policies-title">Policies</h2>
      ${statusBadge(badge)}
    </div>
    <p class="muted">${text}</p>
    ${
      violations.length > 0 &&
      html`<ul class="violations">
        ${violations.map(
          ({ policy, message }) => html`<li>${policy !== "" && html`<code>${policy}</code>`} ${message}</li>`,
        )}
      </ul>`
    }
  </section>`;
}
