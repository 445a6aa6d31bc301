import { html, type Html } from "../html.ts";
import { icon } from "./icon.ts";

/** Addresses of the files that every page takes. */
export interface AssetAddresses {
  readonly style: string;
  readonly script: string;
  readonly icon: string;
}

/** What is around the content of every page. */
export interface Frame {
  readonly assets: AssetAddresses;
  /** Who looks at it; undefined: nobody is signed in. */
  readonly user?: string | undefined;
  /** Whether they came in by signing in here. */
  readonly hasSession: boolean;
  /** Environments in line. */
  readonly queue: number;
  /** What has just been done, said once. */
  readonly notice?: string | undefined;
}

/** A page of its own. */
export interface Page {
  readonly title: string;
  readonly content: Html;
  /** Entry of the menu that it belongs to. */
  readonly entry?: "environments" | "queue" | "leftovers";
  /** Address of the stream that tells when the page has changed. @default it does not change by itself */
  readonly events?: string;
}

/** Writes a whole page. */
export function layOutPage({ title, content, entry, events }: Page, frame: Frame): Html {
  const { assets, user, hasSession, queue, notice } = frame;
  const link = (key: Page["entry"], address: string, text: string, count = 0): Html =>
    html`<a href="${address}" ${entry === key && html`aria-current="page"`}
      >${text}${count > 0 && html` <span class="count">${count}</span>`}</a
    >`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Terrarium</title>
        <link rel="stylesheet" href="${assets.style}" />
        <link rel="icon" type="image/svg+xml" href="${assets.icon}" />
        <script src="${assets.script}" defer></script>
      </head>
      <body ${events !== undefined && html`data-events="${events}"`}>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <div class="bar">
            <a class="brand" href="/"><img src="${assets.icon}" alt="" width="22" height="22" />Terrarium</a>
            ${
              user !== undefined &&
              html`<nav aria-label="Main" id="menu" data-live>
                  ${link("environments", "/", "Environments")} ${link("queue", "/queue", "Queue", queue)}
                  ${link("leftovers", "/leftovers", "Leftovers")}
                </nav>
                <p class="connection" role="status" hidden></p>
                <form class="who" method="post" action="/session/end">
                  <span class="user" title="${user}">${user.replace("system:serviceaccount:", "")}</span>
                  ${hasSession && html`<button class="quiet">Sign out</button>`}
                </form>`
            }
          </div>
        </header>
        <main id="main" tabindex="-1">
          ${notice !== undefined && html`<p class="notice" role="status">${icon("check")}${notice}</p>`} ${content}
        </main>
      </body>
    </html> `;
}
