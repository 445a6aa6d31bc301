"use strict";

const k8s = require("@pulumi/kubernetes");
const pulumi = require("@pulumi/pulumi");
const random = require("@pulumi/random");

const isSpoilt = new pulumi.Config().getBoolean("spoilt") === true;
const name = `foreign-${pulumi.getStack()}`;
const label = (part) => `app.kubernetes.io/${part}`;
const labels = Object.fromEntries(
  ["name", "instance", "component", "part-of", "managed-by", "version"].map((part) => [label(part), name]),
);
const metadata = { name, namespace: name, labels };
const selector = { matchLabels: { [label("name")]: name } };
const closed = { policyTypes: ["Ingress", "Egress"] };
// Nobody knows it before the first update.
const id = new random.RandomId("id", { byteLength: 4 }).hex;

const namespace = new k8s.core.v1.Namespace(name, {
  metadata: { name, labels: { ...labels, "pod-security.kubernetes.io/enforce": "restricted" } },
});
const inside = { dependsOn: namespace };
new k8s.core.v1.ServiceAccount(name, { metadata }, inside);
new k8s.core.v1.ConfigMap(name, { metadata, data: { id, ...(isSpoilt ? { password: `hunter${2}` } : {}) } }, inside);
new k8s.networking.v1.NetworkPolicy(
  "closed",
  {
    metadata: { ...metadata, name: "closed" },
    spec: { ...closed, podSelector: {} },
  },
  inside,
);
new k8s.networking.v1.NetworkPolicy(name, { metadata, spec: { ...closed, podSelector: selector } }, inside);
new k8s.core.v1.Service(
  name,
  {
    metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
    spec: { selector: isSpoilt ? { app: "nobody" } : selector.matchLabels, ports: [{ port: 80 }] },
  },
  inside,
);
const probe = { httpGet: { path: "/", port: 8080 } };
new k8s.apps.v1.Deployment(
  name,
  {
    metadata,
    spec: {
      replicas: isSpoilt ? 1 : 2,
      selector,
      template: {
        metadata: { labels, annotations: { id } },
        spec: {
          serviceAccountName: name,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name,
              image: isSpoilt ? "example.com/foreign" : pulumi.interpolate`example.com/foreign:${id}`,
              env: [{ name: "ID", value: id }],
              resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "10m", memory: "16Mi" } },
              livenessProbe: probe,
              readinessProbe: probe,
              securityContext: { allowPrivilegeEscalation: isSpoilt, capabilities: { drop: ["ALL"] } },
            },
          ],
        },
      },
    },
  },
  inside,
);
