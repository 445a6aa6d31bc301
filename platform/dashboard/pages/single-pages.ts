/** Pages with one thing on them: a question, a form, a problem. */
import { html } from "../html.ts";
import type { Page } from "./layout.ts";

/** Asks whether an environment is really to be deleted. */
export function deletePage(name: string, { stores, url }: { stores: readonly string[]; url?: string }): Page {
  return {
    title: `Delete ${name}`,
    entry: "environments",
    content: html`<div class="single">
      <div class="card">
        <h1>Delete ${name}?</h1>
        <p>What goes with it, and can't be had back:</p>
        <ul>
          <li>everything that runs in its namespace</li>
          ${stores.map((store) => html`<li>the data in <strong>${store}</strong></li>`)}
          ${url !== undefined && html`<li>its page at ${url}</li>`}
        </ul>
        <form class="choices" method="post" action="/environments/${name}/delete">
          <button class="danger">Delete it</button>
          <a class="button" href="/environments/${name}">Keep it</a>
        </form>
      </div>
    </div>`,
  };
}

/** Asks who is there. @param to the page that was asked for. @param problem what was wrong with the last try. */
export function signInPage(to: string, command: string, problem?: string): Page {
  return {
    title: "Sign in",
    content: html`<div class="single">
      <div class="card">
        <h1>Sign in</h1>
        <p>Whoever the cluster knows may come in, with the rights that the cluster gives them.</p>
        ${problem !== undefined && html`<p class="alert bad" role="alert">${problem}</p>`}
        <form method="post" action="/session">
          <input type="hidden" name="to" value="${to}" />
          <label for="token">Token</label>
          <input id="token" name="token" type="password" autocomplete="off" required spellcheck="false" />
          <p class="muted">For example of <code>${command}</code></p>
          <div class="choices"><button class="primary">Sign in</button></div>
        </form>
      </div>
    </div>`,
  };
}

/** Tells what went wrong, and what to do. */
export function problemPage(title: string, detail: string): Page {
  return {
    title,
    content: html`<div class="single">
      <div class="card">
        <h1>${title}</h1>
        <p>${detail}</p>
        <div class="choices"><a class="button" href="/">All environments</a></div>
      </div>
    </div>`,
  };
}
