import { html, type Html } from "../html.ts";
import type { ResourceTree, ResourceView } from "../resource-tree.ts";
import { icon, TONE_ICONS } from "./icon.ts";

/** The parts of an environment, with what runs for them. */
export function resourceTree({ groups, unknown }: ResourceTree): Html {
  if (groups.length === 0) return html`<p class="muted">There are none.</p>`;
  return html`${unknown !== undefined && html`<p class="muted">${unknown}</p>`}
  ${groups.map(
    ({ title, parts }) =>
      html`<h3>${title}</h3>
        <ul class="tree">
          ${parts.map(part)}
        </ul>`,
  )}`;
}

function part(view: ResourceView): Html {
  const { children, tone, name } = view;
  if (children.length === 0) return html`<li class="${tone}">${line(view)}</li>`;
  // What needs a look is open.
  const isOpen = tone === "bad" || tone === "busy";
  return html`<li class="${tone}">
    <details id="part-${name}" ${isOpen && html`open`}>
      <summary>${line(view)}</summary>
      <ul>
        ${children.map((child) => html`<li class="${child.tone}">${line(child)}</li>`)}
      </ul>
    </details>
  </li>`;
}

function line({ name, kind, tone, state, page }: ResourceView): Html {
  return html`<span class="resource"
    ><span class="sign">${icon(TONE_ICONS[tone])}</span
    ><span class="resource-name"
      >${page === undefined ? name : html`<a href="${page}" title="Log of ${name}">${name}</a>`}</span
    >
    <span class="muted">${kind}</span> <span class="resource-state">${state}</span></span
  >`;
}
