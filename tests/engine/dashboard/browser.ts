import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { runCommand } from "../../../clusters/run-command.ts";
import { findExecutable } from "../../../clusters/toolchain/executable.ts";
import { executeWith } from "../../../images/command.ts";
import { ensurePrograms } from "../../../images/debian.ts";

/** How a page is looked at. */
export interface Look {
  readonly scheme: "light" | "dark";
  readonly size: "desktop" | "phone";
  /** @default true */
  readonly script?: boolean;
}

const SIZES = { desktop: { width: 1200, height: 800 }, phone: { width: 390, height: 844 } } as const;
/** Rules that axe checks: WCAG 2.2 at level AA, and what it calls good practice. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What opens the browser of this machine, which is installed where that can be done; else why there is none. */
export async function findBrowser(): Promise<(() => Promise<Browser>) | string> {
  const { env } = process;
  const uid = process.getuid?.();
  const find = async (): Promise<string | undefined> => {
    for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
      const found = await findExecutable(name, env);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  if ((await find()) === undefined && uid === 0 && (await findExecutable("apt-get", env)) !== undefined) {
    const execute = executeWith(runCommand, env);
    await ensurePrograms(["chromium"], { env, execute, uid, say: (line) => process.stderr.write(`${line}\n`) });
  }
  const executablePath = await find();
  if (executablePath === undefined)
    return "there is no Chromium, and only root of a machine with apt-get can install it; install it by hand";
  // Root's processes have no sandbox of Chromium's.
  const args = ["--disable-gpu", ...(uid === 0 ? ["--no-sandbox"] : [])];
  return () => chromium.launch({ executablePath, args });
}

/** What a page did that none may do. */
export interface Misdeeds {
  /** Messages of errors, violations of the page's policy, and requests to other servers. */
  readonly list: readonly string[];
}

/** Opens windows that look at a server. @param token of who looks. */
export async function openWindows(
  browser: Browser,
  { address, token, look }: { readonly address: string; readonly token?: string; readonly look: Look },
): Promise<{ readonly context: BrowserContext; readonly misdeeds: Misdeeds }> {
  const { scheme, size, script = true } = look;
  const context = await browser.newContext({
    baseURL: address,
    colorScheme: scheme,
    viewport: SIZES[size],
    javaScriptEnabled: script,
    reducedMotion: "reduce",
  });
  if (token !== undefined) await context.addCookies([{ name: "terrarium-token", value: token, url: address }]);
  const list: string[] = [];
  context.on("weberror", (error) => list.push(error.error().message));
  context.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("404")) list.push(message.text());
  });
  context.on("request", (request) => {
    if (!request.url().startsWith(address)) list.push(`a request to ${request.url()}`);
  });
  return { context, misdeeds: { list } };
}

/** What axe finds wrong with a page, one line each. */
export async function audit(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    `axe.run({ runOnly: ${JSON.stringify(RULES)} })`,
  );
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
}
