import { environment, withService, type Refusal } from "../environments.ts";

/** Ports, hostnames and networks. */
export const networks: readonly Refusal[] = [
  {
    what: "port 0",
    input: withService({ ports: { http: 0 } }),
    error: ["services.api.ports.http: got 0, expected a whole number from 1 to 65535"],
  },
  {
    what: "port 65536",
    input: withService({ ports: { http: 65536 } }),
    error: ["services.api.ports.http: got 65536, expected a whole number from 1 to 65535"],
  },
  {
    what: "half a port",
    input: withService({ ports: { http: 80.5 } }),
    error: ["services.api.ports.http: got 80.5, expected a whole number from 1 to 65535"],
  },
  {
    what: "a port as text",
    input: withService({ ports: { http: "80" } }),
    error: ['services.api.ports.http: got "80", expected a whole number from 1 to 65535'],
  },
  {
    what: "ports without http",
    input: withService({ ports: { web: 80 } }),
    error: [
      'services.api.ports: got a map with the key web, expected a map of names to numbers that has the key "http"',
    ],
  },
  {
    what: "one number for two ports",
    input: withService({ ports: { http: 80, admin: 80 } }),
    error: ["services.api.ports.admin: got 80, expected another number than ports.http"],
  },
  {
    what: "a port's name of 16 characters",
    input: withService({ ports: { http: 80, ["a".repeat(16)]: 81 } }),
    error: [
      `services.api.ports.${"a".repeat(16)}: got "${"a".repeat(16)}", expected a name of at most 15 characters (this one has 16)`,
    ],
  },
  {
    what: "a port's name with two hyphens in a row",
    input: withService({ ports: { http: 80, "a--b": 81 } }),
    error: ["services.api.ports.a--b: got \"a--b\", expected a name of no two '-' in a row"],
  },
  {
    what: "a NodePort below the range",
    input: withService({ nodePort: 8080 }),
    error: ["services.api.nodePort: got 8080, expected a port from 30000 to 32767"],
  },
  {
    what: "a NodePort above every range",
    input: withService({ nodePort: 70000 }),
    error: ["services.api.nodePort: got 70000, expected a port from 30000 to 32767"],
  },
  {
    what: "one NodePort for two",
    input: withService({ nodePort: 30080 }, { observability: { grafana: { nodePort: 30080 } } }),
    error: ["observability.grafana.nodePort: got 30080, expected another port than services.api.nodePort"],
  },
  {
    what: "a host name with an underscore",
    input: withService({ expose: { hostnames: ["my_app.example.com"] } }),
    error: [
      'services.api.expose.hostnames[0]: got "my_app.example.com", expected a DNS name such as "app.example.com" or "*.example.com"',
    ],
  },
  {
    what: "a URL as a host name",
    input: withService({ expose: { hostnames: ["https://example.com"] } }),
    error: [
      'services.api.expose.hostnames[0]: got "https://example.com", expected a DNS name such as "app.example.com" or "*.example.com"',
    ],
  },
  {
    what: "a path without a slash",
    input: withService({ expose: { paths: ["api"] } }),
    error: [
      `services.api.expose.paths[0]: got "api", expected a path such as "/" or "/api/v1"; what is no letter, digit or one of -._~!$&'()*+,;=:@ as %XX`,
    ],
  },
  {
    what: "no path at all",
    input: withService({ expose: { paths: [] } }),
    error: ["services.api.expose.paths: got [], expected a list that isn't empty"],
  },
  {
    what: "an egress mode that doesn't exist",
    input: environment({ network: { httpsEgress: true } }),
    error: ['network.httpsEgress: got true, expected "declared" or "all"'],
  },
  {
    what: "a gateway without a namespace",
    input: environment({ network: { gateway: { name: "public" } } }),
    error: ["network.gateway.namespace: got nothing, expected text"],
  },
];
