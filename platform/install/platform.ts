import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  type ClusterFacts,
  createPassword,
  EnvironmentPolicies,
  FIELD_MANAGER,
  Namespace,
  partPolicy,
  type Placement,
  secretChecksum,
  Service,
} from "../../components/index.ts";
import { resolveEnvironment, standardLabels } from "../../spec/index.ts";
import type { Installation } from "./installation.ts";
import type { Manifest, ManifestKind } from "./manifest.ts";
import { ACTIVATOR } from "../names.ts";
import { ACTIVATOR_CONFIGURATION, APPLICATION, MOUNTED, MOUNTS, PASSPHRASE_FILE, SERVICE } from "./names.ts";
import { activatorConfiguration, installationManifests } from "./objects.ts";

/** Arguments of {@link Platform}. */
export interface PlatformArgs {
  readonly installation: Installation;
  readonly facts: ClusterFacts;
}

type ManifestResource = new (
  name: string,
  args: Readonly<Record<string, unknown>>,
  opts: pulumi.CustomResourceOptions,
) => pulumi.CustomResource;

const RESOURCES: Readonly<Record<ManifestKind, unknown>> = {
  ClusterRole: k8s.rbac.v1.ClusterRole,
  ClusterRoleBinding: k8s.rbac.v1.ClusterRoleBinding,
  ConfigMap: k8s.core.v1.ConfigMap,
  CustomResourceDefinition: k8s.apiextensions.v1.CustomResourceDefinition,
  NetworkPolicy: k8s.networking.v1.NetworkPolicy,
  Role: k8s.rbac.v1.Role,
  RoleBinding: k8s.rbac.v1.RoleBinding,
  ServiceAccount: k8s.core.v1.ServiceAccount,
  ValidatingAdmissionPolicy: k8s.admissionregistration.v1.ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding: k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding,
};

/**
 * The platform service in a cluster: a service of Terrarium's own components in a namespace of its own, with what only this one
 * has beside it: the definition of its resource, roles, an admission policy, its configuration and its secrets.
 */
export class Platform extends pulumi.ComponentResource {
  constructor(name: string, { installation, facts }: PlatformArgs, opts: pulumi.ComponentResourceOptions) {
    super("terrarium:index:Platform", name, {}, opts);
    const environment = resolveEnvironment(installation.description);
    const service = environment.services[SERVICE];
    if (service === undefined) throw new Error("an installation describes the service");
    const { target } = new Namespace(
      environment.name,
      {
        namespace: environment.name,
        environment: environment.name,
        application: environment.application,
        tier: environment.tier,
        serviceAccountName: `${environment.application}-workload`,
        quota: environment.quota,
      },
      { parent: this },
    );
    const { policies } = new EnvironmentPolicies(
      `${name}-network`,
      { placement: target, environment },
      { parent: this },
    );
    const placement = { ...target, podPrerequisites: [...(target.podPrerequisites ?? []), ...policies] };
    const passphrase = createPassword(`${name}-passphrase`, 64, { parent: this });
    const files = { [PASSPHRASE_FILE]: passphrase, ...toSecrets(installation.files) };
    const { runner, http } = installation.config;
    const objects = installationManifests(installation, facts.apiServer).map((manifest) =>
      this.object(manifest, target),
    );
    new Service(
      SERVICE,
      {
        placement,
        service,
        policy: partPolicy(SERVICE, environment, facts.apiServer),
        checksumKey: passphrase,
        startAfter: [...objects, this.secret(files, target)],
        serviceMonitor: facts.serviceMonitors,
        mounts: [
          { path: MOUNTS.configuration, volume: { name: "configuration", configMap: { name: MOUNTED.configuration } } },
          { path: MOUNTS.files, volume: { name: "files", secret: { secretName: MOUNTED.files, defaultMode: 0o440 } } },
        ],
        // Everything else of the configuration counts while the service runs.
        podAnnotations: {
          "checksum/configuration": digestOf({ runner, http }),
          ...secretChecksum(files, passphrase),
        },
      },
      { parent: this },
    );
    const activator = environment.services[ACTIVATOR];
    if (activator) {
      const { network } = environment;
      const volume = { name: "configuration", configMap: { name: ACTIVATOR_CONFIGURATION } };
      new Service(
        ACTIVATOR,
        {
          placement,
          service: activator,
          policy: partPolicy(ACTIVATOR, environment, facts.apiServer),
          checksumKey: passphrase,
          startAfter: objects,
          serviceMonitor: facts.serviceMonitors,
          gateway: network.gateway,
          mounts: [{ path: MOUNTS.configuration, volume }],
          podAnnotations: { "checksum/configuration": digestOf(activatorConfiguration(installation.config)) },
        },
        { parent: this },
      );
    }
    this.registerOutputs({ namespace: environment.name });
  }

  private secret(data: Readonly<Record<string, pulumi.Output<string>>>, target: Target): pulumi.Resource {
    const metadata = { ...this.metadata({ name: MOUNTED.files }, target), namespace: target.namespace };
    return new k8s.core.v1.Secret(MOUNTED.files, { metadata, stringData: data }, this.within(target));
  }

  private object(manifest: Manifest, target: Target): pulumi.Resource {
    const { kind, metadata } = manifest;
    const Resource = RESOURCES[kind] as ManifestResource;
    return new Resource(
      `${kind} ${metadata.name}`,
      { ...manifest, metadata: this.metadata(metadata, target) },
      metadata.namespace === undefined ? { parent: this } : this.within(target),
    );
  }

  private metadata(metadata: Manifest["metadata"], { environment }: Target): Manifest["metadata"] & object {
    const { name, labels } = metadata;
    const own = standardLabels({ name, instance: environment, partOf: APPLICATION, component: "platform" });
    return { ...metadata, labels: { ...own, ...labels }, annotations: FIELD_MANAGER };
  }

  private within({ namespaceResource }: Target): pulumi.CustomResourceOptions {
    return { parent: this, dependsOn: [namespaceResource], deletedWith: namespaceResource };
  }
}

function digestOf(value: object): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

type Target = Placement & { readonly namespaceResource: pulumi.Resource };

function toSecrets(files: Readonly<Record<string, string>>): Record<string, pulumi.Output<string>> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, pulumi.secret(text)]));
}
