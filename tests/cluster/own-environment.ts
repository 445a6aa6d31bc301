import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { testStackName } from "../../cli/test-stacks.ts";
import { IMAGES } from "../../spec/index.ts";
import { GATEWAY, GATEWAY_PODS } from "./gateway.ts";
import { type Objects, objectsIn } from "./kubectl.ts";
import { checkout, environment, stack } from "./stack.ts";
import { terrarium } from "./terrarium.ts";

/** All environments fit on a node of two cores together, and a pod that starts may take what is free. */
const modest = { resources: { requests: { cpu: "10m" }, limits: { cpu: "1" } } };

/** The sample application; its Postgres may get a new password. */
const guestbook = {
  application: "guestbook",
  config: (passwordRotation: number): object => ({
    "terrarium:base": "examples/guestbook/environment.yaml",
    "terrarium:services": Object.fromEntries(Object.keys(environment.services).map((name) => [name, modest])),
    "terrarium:dataStores": { postgres: { ...modest, passwordRotation }, redis: modest },
  }),
};

/** A service, one that calls it, and a data store that nobody calls. */
const pair = {
  application: "pair",
  config: (): object => {
    const { image } = environment.services["guestbook-auth"] ?? {};
    const server = { image, args: ["auth"], secrets: { KEY_SEED: { generate: { length: 64 } } }, ...modest };
    return {
      "terrarium:application": "pair",
      "terrarium:services": { server, client: { ...server, calls: ["server"] } },
      "terrarium:dataStores": { redis: { engine: "redis", ...modest } },
    };
  },
};

/** A Postgres with its migration, a service, and a Prometheus that reads both. */
const data = {
  application: "data",
  config: (): object => {
    const { image, command } = environment.migrations["guestbook-migrate"] ?? {};
    const isOff = { enabled: false };
    return {
      ...pair.config(),
      "terrarium:application": "data",
      "terrarium:dataStores": {
        postgres: {
          engine: "postgres",
          database: "guestbook",
          username: "guestbook",
          extensions: ["vector"],
          ...modest,
        },
      },
      "terrarium:migrations": { "guestbook-migrate": { dataStore: "postgres", image, command, ...modest } },
      "terrarium:observability": { prometheus: modest, loki: isOff, collector: isOff, grafana: isOff },
    };
  },
};

/** A service, one that calls it, and a Prometheus that reads both and what Kubernetes says of them. */
const watched = {
  application: "watched",
  config: (): object => {
    const isOff = { enabled: false };
    const { "terrarium:services": services } = pair.config() as Record<string, object>;
    return {
      "terrarium:application": "watched",
      "terrarium:services": services,
      "terrarium:observability": {
        prometheus: modest,
        exporters: { kubeState: { enabled: true, ...modest } },
        loki: isOff,
        collector: isOff,
        grafana: isOff,
      },
    };
  },
};

/** Host name of the services that a gateway leads to, and names that its certificate is for. */
export const [ROUTED_HOST, ROUTED_HOSTS] = ["shop.example.com", "*.example.com"];

/** Says who it is and what it was asked for; where a connection is wanted for something else, it sends back what comes. */
const server = (name: string): string => `
const server = require("node:http").createServer((request, response) => response.end("${name}: " + request.url));
server.on("upgrade", ({ headers }, socket) => {
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: " + headers.upgrade + "\\r\\n\\r\\n");
  socket.pipe(socket);
});
server.listen(8080);
`;

/** Two services that the gateway of tests leads to, by path. */
const routed = {
  application: "routed",
  config: (): object => {
    const { namespace } = GATEWAY;
    const service = (name: string, path: string): object => ({
      image: IMAGES.node.image,
      command: ["node", "-e", server(name)],
      expose: { hostnames: [ROUTED_HOST], paths: [path] },
      metrics: false,
      terminationGracePeriodSeconds: 2,
      ...modest,
    });
    return {
      "terrarium:application": "routed",
      "terrarium:network": { gateway: GATEWAY, ingressNamespace: namespace, ingressPods: GATEWAY_PODS },
      "terrarium:services": { shop: service("shop", "/"), api: service("api", "/api") },
    };
  },
};

/** The environments for tests that end or change what runs: each is one file's. */
const ofTests = { restarts: guestbook, rollouts: guestbook, policies: pair };
/** Those that `npm run doctor-on-pods` breaks. */
const ofDoctor = { "doctor-starts": pair, "doctor-runs": pair, "doctor-data": data };
/** The one of `npm run alerts-on-pods`. */
const ofAlerts = { alerts: watched };
/** The one that `npm run gateway-on-pods` sends requests to. */
const ofGateway = { gateway: routed };
const own = { ...ofTests, ...ofDoctor, ...ofAlerts, ...ofGateway };

/** Names of the environments. */
export type OwnName = keyof typeof own;

/** What is read back of an environment's file. */
interface StackFile {
  readonly config: {
    readonly "terrarium:dataStores"?: { readonly postgres?: { readonly passwordRotation: number } };
    readonly "terrarium:network"?: object;
    readonly "terrarium:observability"?: object;
  };
}

/** An environment beside the shared one. It is brought up before the tests, and stays for the next run. */
export class OwnEnvironment {
  readonly stack: string;
  readonly objects: Objects;
  readonly #config: (passwordRotation: number) => object;
  readonly #file: string;

  constructor(name: OwnName) {
    const { application, config } = own[name];
    this.stack = testStackName(stack, name);
    this.objects = objectsIn(`${application}-${this.stack}`);
    this.#config = config;
    this.#file = join(checkout, `Pulumi.${this.stack}.yaml`);
  }

  /** All that the tests of the layer need. */
  static all(): OwnEnvironment[] {
    return (Object.keys(ofTests) as (keyof typeof ofTests)[]).map((name) => new OwnEnvironment(name));
  }

  /** How often the password of its Postgres was changed. */
  get passwordRotation(): number {
    if (!existsSync(this.#file)) return 0;
    return this.#read().config["terrarium:dataStores"]?.postgres?.passwordRotation ?? 0;
  }

  /** Brings it up, or changes it. @param passwordRotation @default as it is */
  async up(passwordRotation = this.passwordRotation): Promise<void> {
    const config = {
      "terrarium:tier": "dev",
      "terrarium:observability": { enabled: false },
      ...this.#config(passwordRotation),
    };
    writeFileSync(this.#file, stringify({ config }, { aliasDuplicateObjects: false }));
    await this.terrarium("up");
  }

  /** Changes a part of its configuration after {@link up}, and has it run so. */
  async change(part: "terrarium:network" | "terrarium:observability", more: object): Promise<void> {
    const { config, ...rest } = this.#read();
    writeFileSync(this.#file, stringify({ ...rest, config: { ...config, [part]: { ...config[part], ...more } } }));
    await this.terrarium("up");
  }

  /** Encrypts a secret value into its configuration, after {@link up}; it is used from the next one on. */
  async setSecret(key: string, value: string): Promise<void> {
    const set = 'eval "$(bin/terrarium shellenv)" && pulumi config set --secret --stack "$0" --path "secretValues.$1"';
    const child = promisify(execFile)("sh", ["-c", set, this.stack, key], { cwd: checkout });
    child.child.stdin?.end(value);
    await child;
  }

  #read(): StackFile {
    return parse(readFileSync(this.#file, "utf8")) as StackFile;
  }

  /** Runs a command on its stack. @throws when it fails. */
  terrarium(...args: readonly string[]): Promise<{ readonly stdout: string }> {
    return terrarium(this.stack, ...args);
  }
}
