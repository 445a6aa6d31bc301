import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { testToolchain } from "./runner.ts";

/** A bucket on a server of this machine, which checks signatures. */
export interface Bucket {
  /** As Pulumi takes it; the credentials are not in it. */
  readonly address: string;
  /** Variables in which whoever uses it finds the credentials. */
  readonly credentials: { readonly AWS_ACCESS_KEY_ID: string; readonly AWS_SECRET_ACCESS_KEY: string };
  readonly stop: () => Promise<void>;
}

/** Starts a server with an empty bucket. */
export async function startBucket(name: string): Promise<Bucket> {
  const program = (await testToolchain(["s3-server"])).path("s3-server");
  const credentials = {
    AWS_ACCESS_KEY_ID: `AK${randomBytes(9).toString("hex").toUpperCase()}`,
    AWS_SECRET_ACCESS_KEY: randomBytes(20).toString("hex"),
  };
  const server = spawn(program, [name], { env: credentials, stdio: ["pipe", "pipe", "ignore"] });
  const ended = new Promise<void>((resolve) => server.once("close", () => resolve()));
  const port = await new Promise<string>((resolve, reject) => {
    createInterface({ input: server.stdout }).once("line", resolve);
    void ended.then(() => reject(new Error("the S3 server has ended")));
  });
  const options = { region: "eu-west-1", endpoint: `http://127.0.0.1:${port}`, s3ForcePathStyle: "true" };
  return {
    address: `s3://${name}?${new URLSearchParams(options).toString()}`,
    credentials,
    stop: () => {
      server.stdin.end();
      return ended;
    },
  };
}
