import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { localPaths } from "../../clusters/local-paths.ts";
import { listProcesses } from "../../clusters/processes.ts";
import { NAMESPACE, type PlatformCluster } from "./platform-cluster.ts";

const RBAC = "rbac.authorization.k8s.io";
/** Audience of the platform service's API. */
export const AUDIENCE = "terrarium";

/** What a role allows with environments. */
export interface EnvironmentRight {
  readonly verbs: readonly string[];
  /** @default environments */
  readonly resource?: string;
}

/** A service account of the platform's namespace that stands for somebody, with rights on environments alone. */
export class ServiceAccount {
  readonly #cluster: PlatformCluster;
  readonly #name: string;
  readonly #uid: string;

  private constructor(cluster: PlatformCluster, name: string, uid: string) {
    this.#cluster = cluster;
    this.#name = name;
    this.#uid = uid;
  }

  static async create(
    cluster: PlatformCluster,
    name: string,
    rights: readonly EnvironmentRight[],
  ): Promise<ServiceAccount> {
    const { api } = cluster;
    const accounts = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
    const { metadata } = await api.send<{ metadata: { uid: string } }>("POST", accounts, {
      body: { metadata: { name } },
    });
    if (rights.length > 0) {
      const rules = rights.map(({ verbs, resource = "environments" }) => ({
        apiGroups: ["terrarium.dev"],
        resources: [resource],
        verbs,
      }));
      const roles = `/apis/${RBAC}/v1/namespaces/${NAMESPACE}`;
      await api.send("POST", `${roles}/roles`, { body: { metadata: { name }, rules } });
      const roleRef = { apiGroup: RBAC, kind: "Role", name };
      const subjects = [{ kind: "ServiceAccount", name, namespace: NAMESPACE }];
      await api.send("POST", `${roles}/rolebindings`, { body: { metadata: { name }, roleRef, subjects } });
    }
    return new ServiceAccount(cluster, name, metadata.uid);
  }

  /** A token of the cluster's own making. @param audience "" is the API server itself. */
  async token(audience = AUDIENCE): Promise<string> {
    const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${this.#name}/token`;
    const spec = audience === "" ? {} : { audiences: [audience] };
    const { status } = await this.#cluster.api.send<{ status: { token: string } }>("POST", path, { body: { spec } });
    return status.token;
  }

  /** A token as the cluster makes them, signed by hand. @param key whose signature it has. @param expiresInSeconds from now. */
  handmadeToken(key: KeyObject, expiresInSeconds: number, issuer: string): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: issuer,
      sub: `system:serviceaccount:${NAMESPACE}:${this.#name}`,
      aud: [AUDIENCE],
      iat: now - 7200,
      nbf: now - 7200,
      exp: now + expiresInSeconds,
      "kubernetes.io": { namespace: NAMESPACE, serviceaccount: { name: this.#name, uid: this.#uid } },
    };
    const part = (of: object) => Buffer.from(JSON.stringify(of)).toString("base64url");
    const signed = `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}`;
    return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`;
  }

  /** Takes the account away, and all its tokens with it. */
  async remove(): Promise<void> {
    await this.#cluster.api.send("DELETE", `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${this.#name}`);
  }
}

/** What a simulated cluster signs tokens of service accounts with, and as whom. */
export async function tokenSigner({ checkout }: PlatformCluster): Promise<{ key: KeyObject; issuer: string }> {
  const folder = localPaths(checkout.folder).kwok;
  const isServer = (line: string) => line.startsWith(folder) && line.split(" ")[0]?.endsWith("/kube-apiserver");
  const { commandLine = "" } = (await listProcesses()).find((each) => isServer(each.commandLine)) ?? {};
  const flag = (name: string) => new RegExp(`--${name}=(\\S+)`).exec(commandLine)?.[1] ?? "";
  const key = createPrivateKey(readFileSync(flag("service-account-signing-key-file")));
  return { key, issuer: flag("service-account-issuer") };
}
