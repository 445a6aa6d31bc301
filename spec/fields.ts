import { z } from "zod";
import { isCronSchedule } from "./cron.ts";
import { IMAGE_REFERENCE } from "./image.ts";
import { portName } from "./names.ts";
import { LEAST_BYTES, parseQuantity, QUANTITY_EXAMPLES, type QuantityKind } from "./quantity.ts";

/** Schema of a Kubernetes quantity; numbers are read as text, because YAML turns `cpu: 1` into one. */
export function quantity(kind: QuantityKind): z.ZodType<string, string | number> {
  return z
    .union([z.string(), z.number()], { error: QUANTITY_EXAMPLES[kind] })
    .transform(String)
    .refine((text) => parseQuantity(text, kind) !== undefined, { error: QUANTITY_EXAMPLES[kind] })
    .refine((text) => kind === "cpu" || (parseQuantity(text, kind) ?? LEAST_BYTES) >= LEAST_BYTES, {
      error: 'at least "1M": a number without a unit counts bytes',
    })
    .meta({
      description: `A Kubernetes quantity: ${QUANTITY_EXAMPLES[kind]}.`,
      format: kind === "cpu" ? "cores" : "bytes",
    });
}

/** Schema of a TCP port number. */
export const portNumber = z
  .int({ error: "a whole number from 1 to 65535" })
  .min(1, { error: "a whole number from 1 to 65535" })
  .max(65535, { error: "a whole number from 1 to 65535" });

/** Schema of a NodePort number, in Kubernetes' default range. */
export const nodePortNumber = z
  .int({ error: "a port from 30000 to 32767" })
  .min(30000, { error: "a port from 30000 to 32767" })
  .max(32767, { error: "a port from 30000 to 32767" });

/** Schema of a named set of container ports. */
export const ports = z
  .record(portName, portNumber)
  .refine((value) => "http" in value, { error: 'a map of names to numbers that has the key "http"' });

/** Schema of an absolute path inside a container. */
export const absolutePath = z.string().regex(/^(\/(?!\.{1,2}(\/|$))[^\0:/]+)+$|^\/$/, {
  error: 'an absolute path such as "/data": no ":", no "." or ".." as a part, no "/" at the end',
});

/** Schema of an HTTP path. */
export const urlPath = z.string().regex(/^\/[^\s?#]*$/, { error: 'a URL path, starting with "/", without query' });

/** Schema of the beginning of an HTTP path, as the Gateway API's HTTPRoute takes it. */
export const pathPrefix = z
  .string()
  .max(1024)
  .regex(/^\/([-\w/.~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$/, {
    error: 'a path such as "/" or "/api/v1"; what is no letter, digit or one of -._~!$&\'()*+,;=:@ as %XX',
  })
  .refine((path) => !/\/\/|\/\.{1,2}(\/|$)|%2f/i.test(path), {
    error: 'a path without empty parts ("//"), without "." and ".." as a part, and without a "/" written as %2f',
  });

/** Schema of a host name, or of all names below a domain. */
export const hostname = z
  .string()
  .max(253)
  .regex(/^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/, {
    error: 'a DNS name such as "app.example.com" or "*.example.com"',
  });

/** Schema of an environment variable's name. */
export const environmentVariable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "letters, digits and '_', not starting with a digit" });

const IMAGE_EXAMPLE = 'an image reference such as "registry.example.com/team/api:1.4.2"';

/** Schema of a container image reference. Whether it must be pinned depends on the tier. */
export const imageReference = z.string({ error: IMAGE_EXAMPLE }).regex(IMAGE_REFERENCE, { error: IMAGE_EXAMPLE });

/** Schema of a five-field cron expression. */
export const cronSchedule = z.string().refine(isCronSchedule, {
  error: 'a cron expression of five fields (minute, hour, day, month, weekday) such as "30 2 * * *"',
});

/** Schema of requests and limits of one container, each part optional, with a way to write quantities. */
export function resourcesOf<Quantity extends z.ZodType>(quantityOf: (kind: QuantityKind) => Quantity) {
  return z
    .strictObject({
      requests: z
        .strictObject({
          cpu: quantityOf("cpu").optional().meta({ description: "CPU time that is reserved." }),
          memory: quantityOf("bytes").optional().meta({ description: "Memory that is reserved." }),
        })
        .optional()
        .meta({ description: "What the scheduler reserves." }),
      limits: z
        .strictObject({
          cpu: quantityOf("cpu").optional().meta({ description: "Most CPU time; above it the container is slowed." }),
          memory: quantityOf("bytes")
            .optional()
            .meta({ description: "Most memory; above it the container is killed." }),
        })
        .optional()
        .meta({ description: "What the container may use at most." }),
    })
    .meta({ description: "Requests and limits of the container. Parts left out come from the tier." });
}

/** Requests and limits of one container, each part optional: the tier fills what is left out. */
export const resources = resourcesOf(quantity);

/** A volume that a pod keeps for itself. */
export const storage = z.strictObject({
  size: quantity("bytes").optional().meta({ description: "Size of the volume. Default: by tier." }),
  storageClass: z.string().optional().meta({ description: "StorageClass. Default: the cluster's default class." }),
});

const SECRET_KEY = "a key of secretValues: letters, digits, '_' and '-', not starting with a digit";

/** A secret value that somebody has set in the stack's configuration. */
export const configuredSecret = z.strictObject({
  config: z
    .string({ error: SECRET_KEY })
    .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, { error: SECRET_KEY })
    .meta({
      description:
        "Key of the value below secretValues, set with `pulumi config set --secret --path 'secretValues.<key>'`.",
    }),
});

/** Where a secret value comes from; the value itself never stands in a spec. */
export const secretSource = z.union(
  [
    z.strictObject({
      generate: z
        .strictObject({
          length: z.int().min(16).max(128).default(32).meta({ description: "Length in characters." }),
        })
        .meta({
          description: "A random value of lower-case letters and digits (5 bits each), kept in the stack's state.",
        }),
    }),
    configuredSecret,
  ],
  {
    error:
      '{ generate: {} } for a random value, or { config: "<key>" } for a value set with `pulumi config set --secret --path secretValues.<key>`; never the value itself',
  },
);
