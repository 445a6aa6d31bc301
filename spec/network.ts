import { z } from "zod";
import { isNetwork } from "./cidr.ts";
import { portNumber } from "./fields.ts";
import { dnsLabel, MAX_NAME_LENGTH } from "./names.ts";

/** Schema of addresses that a service may connect to beside what it calls. */
export const egressSchema = z.strictObject({
  cidr: z
    .string()
    .refine(isNetwork, {
      error: 'an IPv4 network of 8 to 32 bits such as "10.20.0.0/16" or "10.20.1.5/32", with no bit set beyond them',
    })
    .meta({ description: "The addresses, as an IPv4 network." }),
  ports: z.array(portNumber).min(1).meta({ description: "TCP ports there." }),
});

/** Schema of an environment's network. Everything that no declaration opens is closed, in both directions. */
export const networkSchema = z
  .strictObject({
    ingressNamespace: dnsLabel(MAX_NAME_LENGTH)
      .default("ingress-nginx")
      .meta({ description: "Namespace of the ingress controller; exposed services admit its pods." }),
    ingressPods: z.record(z.string(), z.string()).optional().meta({
      description: "Labels of the ingress controller's pods there. Default: all pods of the namespace.",
    }),
    dnsNamespace: dnsLabel(MAX_NAME_LENGTH)
      .default("kube-system")
      .meta({ description: "Namespace of the cluster's DNS, the only one that pods may ask." }),
    allowWithinNamespace: z.boolean().default(false).meta({
      description:
        "Opens every pod of the environment to every other; for previews of services that can't declare their calls.",
    }),
    httpsEgress: z
      .enum(["declared", "all"])
      .default("declared")
      .meta({ description: "Who may reach public addresses on port 443: services with `internet: true`, or all." }),
    gateway: z
      .strictObject({
        name: dnsLabel(MAX_NAME_LENGTH).meta({ description: "Name of the Gateway object." }),
        namespace: dnsLabel(MAX_NAME_LENGTH).meta({ description: "Namespace of the Gateway object." }),
        sectionName: dnsLabel(MAX_NAME_LENGTH)
          .optional()
          .meta({ description: "Listener of the gateway. Default: all of them." }),
      })
      .optional()
      .meta({
        description: "Gateway (Gateway API) that exposed services get a route of. Default: none, and no routes.",
      }),
  })
  .meta({ id: "Network", description: "The environment's network: default deny, and what opens it." });

/** What a team says about the network. */
export type NetworkSpec = z.input<typeof networkSchema>;
/** The network with every default filled in. */
export type ResolvedNetwork = z.output<typeof networkSchema>;

/**
 * Address ranges that are not the internet: HTTPS egress leaves them out.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6890
 */
export const PRIVATE_RANGES: readonly string[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/4",
  "240.0.0.0/4",
];

/** Port of DNS, over UDP and TCP. */
export const DNS_PORT = 53;
/** Port of HTTPS. */
export const HTTPS_PORT = 443;
