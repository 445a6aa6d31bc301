/**
 * Brings a gateway up on real pods, and an environment whose services it leads to; sends requests through it; has it refuse
 * the routes, which `up` must tell; sends requests over TLS, and has it insist on that; and has netcheck prove that only the
 * gateway's pods reach the services.
 *
 * Usage: npm run gateway-on-pods
 */
import assert from "node:assert/strict";
import { rootCertificates } from "node:tls";
import { formatTable } from "../../cli/table.ts";
import { IMAGES } from "../../spec/index.ts";
import { createCertificate } from "./certificate.ts";
import { eventually } from "./eventually.ts";
import { ask, handshake, redirection, say } from "./gateway-requests.ts";
import { onStack } from "./layer.ts";

interface Route {
  readonly status?: {
    readonly parents?: readonly {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    }[];
  };
}

interface NetworkReport {
  readonly enforced: boolean;
  readonly checks: readonly {
    readonly from: string;
    readonly to: string;
    readonly port: number;
    readonly why: string;
    readonly expected: string;
    readonly got: string;
  }[];
}

/** Of the services. */
const PORT = 8080;
/** What a client says to a certificate that is not of its authorities. */
const UNTRUSTED = { message: /^(self-signed certificate|unable to .* certificate)/ };

process.exitCode = await onStack(async (checkout) => {
  process.env["TERRARIUM_TEST_CHECKOUT"] = checkout;
  const { stack } = await import("./stack.ts");
  const { terrarium } = await import("./terrarium.ts");
  const { OwnEnvironment, ROUTED_HOST, ROUTED_HOSTS } = await import("./own-environment.ts");
  const { admitRoutes, GATEWAY, GATEWAY_IMAGE, gatewayLog, insistOnTls, removeGateway, startGateway } =
    await import("./gateway.ts");
  const environment = new OwnEnvironment("gateway");
  const rows: string[][] = [];
  let current = "";
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    current = name;
    const started = performance.now();
    const result = await work();
    rows.push([name, `${((performance.now() - started) / 1000).toFixed(1)} s`]);
    console.log(rows.at(-1)?.join(": "));
    return result;
  };
  /** Waits until `status` says that of both routes. */
  const routes = (state: string): Promise<true> =>
    eventually(`routes that are ${state}`, async () => {
      const { stdout } = await environment.terrarium("status", "-o", "json");
      const report = JSON.parse(stdout) as { routes: { name: string; state: string }[] };
      const found = report.routes.map((route) => `${route.name} ${route.state}`).sort();
      return found.join() === `api ${state},shop ${state}` ? true : undefined;
    });

  try {
    await step("the images are made and loaded", () => terrarium(stack, "images", GATEWAY_IMAGE, IMAGES.node.image));
    const certificate = await createCertificate(ROUTED_HOSTS);
    const address = await step("the gateway is programmed", () => startGateway(certificate));
    const [plain, secure] = [{ address }, { address, authority: certificate.authority }];
    await step("the environment is up, its routes accepted", () => environment.up());
    await routes("accepted");
    for (const name of ["shop", "api"]) {
      const { status } = await environment.objects.read<Route>("httproutes.gateway.networking.k8s.io", name);
      const conditions = (status?.parents ?? []).flatMap((parent) => parent.conditions ?? []);
      const held = conditions.filter((condition) => condition.status === "True").map(({ type }) => type);
      for (const type of ["Accepted", "ResolvedRefs"])
        assert.ok(held.includes(type), `${name}: ${type} of ${held.join()}`);
    }

    /** Waits for a status: what the gateway says of a route goes before what it does by a moment. */
    const answer = (path: string, status: number): Promise<true> =>
      eventually(`${path} answered with ${status}`, async () =>
        (await ask(plain, ROUTED_HOST, path)).status === status ? true : undefined,
      );
    await step("requests reach services by host name and path", async () => {
      await Promise.all([answer("/", 200), answer("/api", 200)]);
      for (const [path, text] of [
        ["/", "shop: /"],
        ["/cart?full=1", "shop: /cart?full=1"],
        ["/api", "api: /api"],
        ["/api/items/7", "api: /api/items/7"],
        // A prefix is one of whole elements.
        ["/apis", "shop: /apis"],
      ] as const)
        assert.deepEqual(await ask(plain, ROUTED_HOST, path), { status: 200, text }, path);
      for (const host of ["other.example.com", `www.${ROUTED_HOST}`, address])
        assert.equal((await ask(plain, host, "/")).status, 404, host);
    });

    await step("up and status tell that the gateway refuses the routes", async () => {
      await admitRoutes("Same");
      await routes("refused");
      await assert.rejects(environment.up(), /does not lead to shop: NotAllowedByListeners/);
      await answer("/", 404);
      await admitRoutes("All");
      await routes("accepted");
      await environment.up();
      await answer("/", 200);
    });

    await step("TLS ends at the gateway, with the certificate of its listener", async () => {
      assert.deepEqual(await ask(secure, ROUTED_HOST, "/cart?full=1"), { status: 200, text: "shop: /cart?full=1" });
      assert.deepEqual(await ask(secure, ROUTED_HOST, "/api/items/7"), { status: 200, text: "api: /api/items/7" });
      assert.equal(await say(secure, ROUTED_HOST, "/api/live", "over TLS"), "over TLS");
      const { version, ...shown } = await handshake(plain, ROUTED_HOST);
      assert.equal(shown.certificate, certificate.certificate);
      console.log(`${ROUTED_HOST}: ${version}`);
      const others = rootCertificates.join("\n");
      await assert.rejects(ask({ address, authority: others }, ROUTED_HOST, "/"), UNTRUSTED);
    });

    await step("other host names get neither the certificate nor an answer of a service", async () => {
      await assert.rejects(ask(secure, "shop.example.org", "/"), UNTRUSTED);
      assert.notEqual((await handshake(plain, "shop.example.org")).certificate, certificate.certificate);
      // The certificate is one for this name, but no service has it: neither with TLS of its own nor with that of another one.
      for (const serverName of ["other.example.com", ROUTED_HOST])
        assert.equal((await ask({ ...secure, serverName }, "other.example.com", "/")).status, 404, serverName);
    });

    await step("who comes without TLS is sent there, and served by nobody", async () => {
      await environment.change("terrarium:network", { gateway: { ...GATEWAY, sectionName: "https" } });
      await answer("/", 404);
      await insistOnTls();
      await answer("/", 301);
      for (const path of ["/cart?full=1", "/api/items/7"])
        assert.deepEqual(await redirection(plain, ROUTED_HOST, path), [301, `https://${ROUTED_HOST}${path}`]);
      await routes("accepted");
      assert.deepEqual(await ask(secure, ROUTED_HOST, "/"), { status: 200, text: "shop: /" });
    });

    await step("netcheck finds the services open to the gateway's pods and to nobody else", async () => {
      const { stdout } = await environment.terrarium("netcheck", "-o", "json");
      const { enforced, checks } = JSON.parse(stdout) as NetworkReport;
      assert.equal(enforced, true);
      assert.deepEqual(
        checks.filter(({ expected, got }) => expected !== got),
        [],
      );
      const exposed = checks.filter(({ why, got }) => why.includes("ingress controller") && got === "open");
      // Each by its canary, and by the name of its Service.
      const { namespace } = environment.objects;
      const reached = ["api", "shop"].flatMap((name) => [name, `service/${name}.${namespace}.svc`]);
      assert.deepEqual([...new Set(exposed.map(({ to }) => to))].sort(), reached.sort());
      const others = checks.filter(({ to, port, got }) => to === "shop" && port === PORT && got === "closed");
      assert.ok(others.length > 0);
      console.log(`netcheck: ${checks.length} checks, ${exposed.length} of the gateway's pods are open`);
    });
  } catch (error) {
    const { message, stdout = "", stderr = "" } = error as Error & { stdout?: string; stderr?: string };
    console.error(`Not so: ${current}: ${message}`);
    console.error(stdout, stderr, await gatewayLog().catch(String));
    return 1;
  } finally {
    await environment.terrarium("down").catch((error: unknown) => {
      console.error(String(error));
    });
    await removeGateway();
  }
  console.log(`\n${formatTable(["STEP", "TIME"], rows)}`);
  return 0;
});
