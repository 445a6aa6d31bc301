import type { HostPlan } from "./plan.ts";
import { systemImages } from "./system-images.ts";
import { clusterWideRules, collections, type PlacedObject, systemDeployment, systemNamespace } from "./system-pods.ts";

/** Name of the deployment that answers DNS. */
export const dnsDeployment = "coredns";

/** Pods have no way out, so there is nobody to ask about names outside the cluster: these do not exist, at once. */
const corefile = `.:53 {
    errors
    health {
        lameduck 1s
    }
    prometheus :9153
    template ANY ANY . {
        rcode NXDOMAIN
    }
}
cluster.local:53 in-addr.arpa:53 ip6.arpa:53 {
    errors
    ready
    prometheus :9153
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        ttl 5
    }
    loadbalance
}
`;

/** CoreDNS in kube-system under the labels and the Service name that Kubernetes' own has. */
export function dnsObjects(plan: HostPlan): PlacedObject[] {
  const labels = { "k8s-app": "kube-dns" };
  return [
    {
      collection: collections.configMaps,
      object: {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: dnsDeployment, namespace: systemNamespace },
        data: { Corefile: corefile },
      } as PlacedObject["object"],
    },
    ...clusterWideRules(dnsDeployment, [
      {
        apiGroups: [""],
        resources: ["endpoints", "services", "pods", "namespaces"],
        verbs: ["list", "watch"],
      },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
    ]),
    ...systemDeployment({ name: dnsDeployment, labels, container: dnsContainer, volumes: [dnsVolume] }),
    {
      collection: collections.services,
      object: {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "kube-dns", namespace: systemNamespace, labels },
        spec: {
          clusterIP: plan.networks.dns,
          selector: labels,
          ports: [
            { name: "dns", port: 53, protocol: "UDP", targetPort: 53 },
            { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 53 },
            { name: "metrics", port: 9153, protocol: "TCP", targetPort: 9153 },
          ],
        },
      } as PlacedObject["object"],
    },
  ];
}

const dnsVolume = { name: "config", configMap: { name: dnsDeployment } };

const dnsContainer = {
  image: systemImages.coredns,
  args: ["-conf", "/etc/coredns/Corefile"],
  volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
  ports: [
    { name: "dns", containerPort: 53, protocol: "UDP" },
    { name: "dns-tcp", containerPort: 53, protocol: "TCP" },
    { name: "metrics", containerPort: 9153, protocol: "TCP" },
  ],
  resources: { requests: { cpu: "20m", memory: "70Mi" }, limits: { memory: "170Mi" } },
  readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 2, failureThreshold: 30 },
  livenessProbe: { httpGet: { path: "/health", port: 8080 }, initialDelaySeconds: 30, failureThreshold: 5 },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    // Policies see the port after the Service's translation, so it must be 53 in the pod too.
    capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
  },
};
