import type { Entry, SimilarEntry } from "./entries.ts";
import { html, type Html } from "./html.ts";

/** What the guestbook's page shows. */
export interface GuestbookPage {
  readonly entries: readonly (Entry | SimilarEntry)[];
  /** Text that was searched for. @default none: all entries */
  readonly search?: string;
  readonly user: string | undefined;
  readonly formToken: string;
  /** One line above the entries. */
  readonly notice?: string;
}

/** The page's style sheet, a file of its own so that the content policy can forbid inline styles. */
export const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
form{margin:1rem 0}label{display:block;margin:.5rem 0}input,textarea{font:inherit;width:100%;box-sizing:border-box}
button{font:inherit}article{border-top:1px solid #ccc;padding:.5rem 0}article p{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
footer{color:#555;font-size:.875rem}.notice{background:#eef6ee;padding:.5rem}`;

/** The guestbook: entries, search, and forms to sign and to log in. */
export function guestbookPage(page: GuestbookPage): Html {
  const token = html`<input type="hidden" name="formToken" value="${page.formToken}" />`;
  return layout(html`
    <h1>Guestbook</h1>
    ${page.notice === undefined ? undefined : html`<p class="notice" role="status">${page.notice}</p>`}
    ${account(page.user, token)}
    <form method="post" action="/entries">
      ${token}
      ${
        page.user === undefined
          ? html`<label>Your name <input name="author" required maxlength="40" /></label>`
          : undefined
      }
      <label>Your message <textarea name="message" required maxlength="1000" rows="3"></textarea></label>
      <button>Sign</button>
    </form>
    <form method="get" action="/" role="search">
      <label>Find entries like <input name="q" maxlength="200" value="${page.search ?? ""}" /></label>
      <button>Search</button>
    </form>
    <section aria-label="Entries">
      ${page.entries.length === 0 ? html`<p>No entries yet.</p>` : page.entries.map(article)}
    </section>
  `);
}

/** A page that says what went wrong. */
export function messagePage(title: string, message: string): Html {
  return layout(
    html`<h1>${title}</h1>
      <p>${message}</p>
      <p><a href="/">Back to the guestbook</a></p>`,
  );
}

function account(user: string | undefined, token: Html): Html {
  if (user !== undefined) {
    return html`<form method="post" action="/logout">
      ${token} Logged in as <strong>${user}</strong>. <button>Log out</button>
    </form>`;
  }
  return html`<details>
    <summary>Log in</summary>
    <form method="post" action="/login">
      ${token}
      <label>User name <input name="username" required maxlength="40" autocomplete="username" /></label>
      <label
        >Password <input name="password" type="password" required maxlength="200" autocomplete="current-password"
      /></label>
      <button>Log in</button>
    </form>
  </details>`;
}

function article(entry: Entry | SimilarEntry): Html {
  return html`<article>
    <p>${entry.message}</p>
    <footer>
      ${entry.author}${entry.verified ? " ✓" : ""},
      <time datetime="${entry.createdAt}">${entry.createdAt.slice(0, 10)}</time>
      ${"similarity" in entry ? html`· similarity ${entry.similarity.toFixed(2)}` : undefined}
    </footer>
  </article>`;
}

function layout(content: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Guestbook</title>
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        ${content}
      </body>
    </html>`;
}
