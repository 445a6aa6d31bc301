import { html, type Html } from "../html.ts";
import type { StatusView } from "../status-view.ts";
import { icon, TONE_ICONS } from "./icon.ts";

/** A state as a word with its sign and colour. */
export function statusBadge({ label, tone }: Pick<StatusView, "label" | "tone">): Html {
  return html`<span class="badge ${tone}">${icon(TONE_ICONS[tone])}${label}</span>`;
}
