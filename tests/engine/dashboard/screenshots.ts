/** `npm run dashboard-screenshots` takes the pictures of the dashboard that the documentation shows, of a cluster with seeds. */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PlatformCluster } from "../platform-cluster.ts";
import { findBrowser, openWindows, type Look } from "./browser.ts";
import { DashboardServer, tokenFor } from "./server.ts";
import { plant, plantRecords, plantWorkloads, SEEDS } from "./world.ts";

const FOLDER = fileURLToPath(new URL("../../../docs/screenshots/", import.meta.url));
const LIGHT: Look = { scheme: "light", size: "desktop" };
const DARK: Look = { scheme: "dark", size: "desktop" };
const PHONE: Look = { scheme: "light", size: "phone" };
const DARK_PHONE: Look = { scheme: "dark", size: "phone" };

/** File, address, look, and pixels below the top that the picture begins at. */
const PICTURES: readonly (readonly [string, string, Look, number?])[] = [
  ["list", "/", LIGHT],
  ["list-dark", "/", DARK],
  ["list-phone", "/", DARK_PHONE],
  ["provisioning", "/environments/shop-search", LIGHT],
  ["ready", "/environments/shop-checkout", LIGHT],
  ["ready-dark", "/environments/shop-checkout", DARK],
  ["network", "/environments/shop-checkout", LIGHT, 100_000],
  ["failed", "/environments/shop-payments", LIGHT],
  ["asleep", "/environments/shop-reports", LIGHT],
  ["asleep-phone", "/environments/shop-reports", PHONE],
  ["queue", "/queue", LIGHT],
];

const open = await findBrowser();
if (typeof open === "string") throw new Error(open);
const browser = await open();
const cluster = await PlatformCluster.create();
try {
  await plant(
    cluster,
    SEEDS.filter(({ name }) => name !== "hostile"),
  );
  for (const name of ["shop-checkout", "shop-search"]) await plantRecords(cluster, name);
  const services = ["shop-mf", "shop-backend", "shop-search", "shop-worker"];
  await plantWorkloads(cluster, "shop-checkout", ["postgres", "redis", ...services]);
  await plantWorkloads(cluster, "shop-search", ["postgres", "redis"]);
  const server = await DashboardServer.start(cluster);
  const token = await tokenFor(cluster, "ada", ["get", "list", "watch", "patch", "update", "delete"]);
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, path, look, below = 0] of PICTURES) {
    const { context } = await openWindows(browser, { address: server.address, token, look });
    const page = await context.newPage();
    await page.goto(path, { waitUntil: "load" });
    await page.evaluate(`scrollTo(0, ${below})`);
    await page.screenshot({ path: `${FOLDER}${name}.png` });
    await context.close();
  }
  await server.stop();
} finally {
  await browser.close();
  await cluster.remove();
}
