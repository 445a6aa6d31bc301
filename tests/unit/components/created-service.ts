import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Service, type Connection, type ServiceArgs } from "../../../components/index.ts";
import { resolvedService } from "../spec/environments.ts";
import type { Kinds, Recording } from "../mocks.ts";
import { CLOSED, PLACEMENT, recorded } from "./placement.ts";

/** What a service called "api" registers. */
export function create(service: object = {}, args: Partial<ServiceArgs> = {}): Promise<Recording> {
  return recorded(
    () =>
      new Service("api", {
        placement: PLACEMENT,
        service: resolvedService(service),
        policy: CLOSED,
        checksumKey: "key",
        ...args,
      }),
  );
}

/** The pods of a workload that have one container. */
export function podOf({ object }: { readonly object: Kinds["Deployment"] | Kinds["StatefulSet"] }) {
  const { metadata, spec } = object.spec.template;
  const [container] = spec.containers;
  assert.ok(container && spec.containers.length === 1);
  return { annotations: metadata.annotations, labels: metadata.labels, spec, container };
}

/** A data store as a service is told of it. */
export const connection = (ready: readonly pulumi.Resource[] = []): Connection => ({
  env: { DB_HOST: "db", DB_PORT: "5432" },
  secretEnv: { DB_PASSWORD: pulumi.secret("s3cret"), DB_URL: pulumi.secret("postgresql://app:s3cret@db:5432/app") },
  ready,
});
