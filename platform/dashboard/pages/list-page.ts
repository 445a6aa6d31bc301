import { html, linkTarget, type Html } from "../html.ts";
import { listAddress, WHOLE_LIST, type ListQuery, type SortKey } from "../list-query.ts";
import type { ChoiceView, ListView, RowView } from "../list-view.ts";
import { PHASE_LOOKS } from "../status-view.ts";
import { countOf } from "../wording.ts";
import { icon, TONE_ICONS } from "./icon.ts";
import type { Page } from "./layout.ts";
import { statusBadge } from "./status-badge.ts";

/** The list of environments. */
export function listPage(view: ListView): Page {
  const { query, rows, total, matching, reserved, cost } = view;
  return {
    title: "Environments",
    entry: "environments",
    events: "/events",
    content: html`
      <div class="head">
        <h1>Environments</h1>
        <p class="summary" id="summary" data-live>
          ${countOf(total, "environment")}${matching !== total && html`, ${matching.toLocaleString("en")} shown`}
          <span class="sep">·</span> ${reserved}
          ${cost !== undefined && html`<span class="sep">·</span> <strong>${cost}</strong> a month`}
        </p>
      </div>
      ${filters(view)}
      <div id="list" data-live>${rows.length === 0 ? nothing(total, query) : [table(view), pager(view)]}</div>
    `,
  };
}

function filters({ query, ofAnyPhase, phases, repositories, owners }: ListView): Html {
  return html`<form class="filters" method="get" action="/" role="search">
    <div class="search">
      ${icon("search")}
      <label class="unseen" for="search">Search environments</label>
      <input
        id="search"
        name="search"
        type="search"
        value="${query.search}"
        placeholder="Name, branch, owner, #pull request"
        autocomplete="off"
        spellcheck="false"
        aria-keyshortcuts="/"
      />
      <kbd aria-hidden="true">/</kbd>
    </div>
    ${select("repository", "Repository", "All repositories", repositories, query.repository)}
    ${select("owner", "Owner", "All owners", owners, query.owner)}
    ${query.phase !== "" && html`<input type="hidden" name="phase" value="${query.phase}" />`}
    ${query.sort !== WHOLE_LIST.sort && html`<input type="hidden" name="sort" value="${query.sort}" />`}
    ${query.descending && html`<input type="hidden" name="descending" value="yes" />`}
    <button class="apply">Show</button>
    <nav class="phases" id="phases" aria-label="Filter by state" data-live>
      ${chip(query, "", "All", ofAnyPhase)}
      ${phases.map(({ value, count }) =>
        chip(query, value, PHASE_LOOKS[value].label, count, icon(TONE_ICONS[PHASE_LOOKS[value].tone])),
      )}
    </nav>
  </form>`;
}

function select(name: string, label: string, all: string, choices: readonly ChoiceView[], chosen: string): Html {
  const isListed = chosen === "" || choices.some(({ value }) => value === chosen);
  return html`<label class="unseen" for="${name}">${label}</label>
    <select id="${name}" name="${name}">
      <option value="">${all}</option>
      ${!isListed && html`<option value="${chosen}" selected>${chosen}</option>`}
      ${choices.map(
        ({ value, label: text, count }) =>
          html`<option value="${value}" ${value === chosen && html`selected`}>${text} (${count})</option>`,
      )}
    </select>`;
}

function chip(query: ListQuery, phase: ListQuery["phase"], text: string, count: number, sign?: Html): Html {
  return html`<a href="${listAddress(query, { phase })}" ${query.phase === phase && html`aria-current="true"`}
    >${sign}${text} <span class="count">${count.toLocaleString("en")}</span></a
  >`;
}

function table(view: ListView): Html {
  const hasCosts = view.cost !== undefined;
  return html`<table class="list">
    <caption class="unseen">
      Environments
    </caption>
    <thead>
      <tr>
        ${column(view.query, "name", "Environment")} ${column(view.query, "status", "State")}
        <th scope="col">Pull request</th>
        ${column(view.query, "owner", "Owner")} ${column(view.query, "age", "Age", "number")}
        ${hasCosts && column(view.query, "cost", "A month", "number")}
        <th scope="col"><span class="unseen">Page</span></th>
      </tr>
    </thead>
    <tbody>
      ${view.rows.map((row) => tableRow(row, hasCosts))}
    </tbody>
  </table>`;
}

function column(query: ListQuery, key: SortKey, text: string, kind = ""): Html {
  const isSorted = query.sort === key;
  const address = listAddress(query, { sort: key, descending: isSorted && !query.descending });
  const order = query.descending ? "descending" : "ascending";
  return html`<th scope="col" class="${kind}" ${isSorted && html`aria-sort="${order}"`}>
    <a href="${address}"
      >${text}${isSorted && html`<span aria-hidden="true">${query.descending ? " ↓" : " ↑"}</span>`}</a
    >
  </th>`;
}

function tableRow(row: RowView, hasCosts: boolean): Html {
  const { name, status, repository, branch, pullRequest, owner, createdAt, age, cost } = row;
  const url = linkTarget(row.url);
  const number = pullRequest && `#${pullRequest.number}`;
  const pullRequestUrl = linkTarget(pullRequest?.url);
  return html`<tr id="row-${name}">
    <th scope="row" class="what">
      <a href="/environments/${name}">${name}</a>
      <span class="from">${repository} <span class="sep">/</span> <code>${branch}</code></span>
    </th>
    <td class="state">
      ${statusBadge(status)}${status.detail !== undefined && html`<span class="detail">${status.detail}</span>`}
    </td>
    <td class="request ${number === undefined && "vacant"}">
      ${
        number !== undefined &&
        (pullRequestUrl === undefined
          ? number
          : html`<a href="${pullRequestUrl}" rel="noreferrer">${icon("merge")}${number}</a>`)
      }
    </td>
    <td class="owner ${owner === undefined && "vacant"}">${owner}</td>
    <td class="number age"><time datetime="${createdAt}" title="${createdAt}">${age}</time></td>
    ${hasCosts && html`<td class="number cost">${cost ?? html`<span class="none">–</span>`}</td>`}
    <td class="page">
      ${
        url !== undefined &&
        html`<a href="${url}" rel="noreferrer" aria-label="Open ${name}"
          >${icon("open")}<span aria-hidden="true">Open</span></a
        >`
      }
    </td>
  </tr>`;
}

function pager({ query, pages, matching }: ListView): Html | false {
  if (pages === 1) return false;
  const to = (page: number, text: string, isThere: boolean): Html =>
    isThere
      ? html`<a class="button" href="${listAddress(query, { page })}">${text}</a>`
      : html`<span class="button" aria-disabled="true">${text}</span>`;
  return html`<nav class="pager" aria-label="Pages">
    ${to(query.page - 1, "Previous", query.page > 1)}
    <span>Page ${query.page} of ${pages}, ${countOf(matching, "environment")}</span>
    ${to(query.page + 1, "Next", query.page < pages)}
  </nav>`;
}

function nothing(total: number, query: ListQuery): Html {
  if (total > 0)
    return html`<div class="empty">
      <h2>Nothing matches</h2>
      <p>No environment fits ${query.search === "" ? "these filters" : html`“${query.search}” and these filters`}.</p>
      <p><a class="button" href="/">Show all ${total.toLocaleString("en")}</a></p>
    </div>`;
  return html`<div class="empty">
    <h2>No environments yet</h2>
    <p>The first one takes one command, or a pull request of a repository that the platform knows.</p>
    <pre><code>bin/terrarium env create first --repository https://git.example.com/team/shop --branch main --wait</code></pre>
  </div>`;
}
