/** `npm run dashboard-screenshots` takes the pictures of the dashboard that the documentation shows, of a cluster with seeds. */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PlatformCluster } from "../platform-cluster.ts";
import { findBrowser, openWindows, type Look } from "./browser.ts";
import { DashboardServer, letView, tokenFor } from "./server.ts";
import { plant, plantRecords, plantWorkloads, SEEDS } from "./world.ts";

const FOLDER = fileURLToPath(new URL("../../../docs/screenshots/", import.meta.url));
const LIGHT: Look = { scheme: "light", size: "desktop" };
const DARK: Look = { scheme: "dark", size: "desktop" };
const PHONE: Look = { scheme: "light", size: "phone" };
const DARK_PHONE: Look = { scheme: "dark", size: "phone" };

const LOOKS = { "": LIGHT, "-dark": DARK, "-phone": PHONE, "-phone-dark": DARK_PHONE } as const;

/** Pages that are shown in every look, by the name of the file. */
const PAGES = {
  list: "/",
  provisioning: "/environments/shop-search",
  ready: "/environments/shop-checkout",
  failed: "/environments/shop-payments",
  asleep: "/environments/shop-reports",
} as const;

/** File, address, look, and pixels below the top that the picture begins at. */
const PICTURES: readonly (readonly [string, string, Look, number?])[] = [
  ...Object.entries(PAGES).flatMap(([name, path]) =>
    Object.entries(LOOKS).map(([end, look]) => [`${name}${end}`, path, look] as const),
  ),
  ["network", "/environments/shop-checkout", LIGHT, 100_000],
  ["pod", "/environments/shop-checkout/pods/postgres-0", LIGHT],
  ["queue", "/queue", LIGHT],
];

/** What a pod of a data store writes when it starts. */
const POD_LOG = [
  "LOG:  starting PostgreSQL 17.6 on x86_64-pc-linux-gnu",
  'LOG:  listening on IPv4 address "0.0.0.0", port 5432',
  "LOG:  database system was shut down at 2026-03-02 10:20:41 UTC",
  "LOG:  database system is ready to accept connections",
  'ERROR:  relation "orders" does not exist at character 15',
  "STATEMENT:  select * from orders where id = $1",
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
  await letView(cluster, "ada", "preview-shop-checkout");
  server.podLog.push(...POD_LOG);
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
