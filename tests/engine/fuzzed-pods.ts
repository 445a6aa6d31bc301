import fc from "fast-check";

/** A pod, or something that makes pods, as a plain object. */
export interface PodManifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
  readonly spec: object;
}

/** A value that is there every other time. */
function maybe<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined, freq: 2 });
}

/** A value that is mostly as "restricted" wants it. */
function mostly<T>(usual: T, others: fc.Arbitrary<T | undefined>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: others });
}

const yesOrNo = maybe(fc.boolean());
const profile = fc.constantFrom<object | undefined>(
  undefined,
  { type: "RuntimeDefault" },
  { type: "Unconfined" },
  {
    type: "Localhost",
    localhostProfile: "profiles/own.json",
  },
);
const seLinuxOptions = mostly(
  undefined,
  fc.record(
    {
      type: fc.constantFrom("", "container_t", "container_engine_t", "spc_t"),
      user: fc.constantFrom("", "sysadm_u"),
      role: fc.constantFrom("", "sysadm_r"),
    },
    { requiredKeys: [] },
  ),
);
const user = mostly<number | undefined>(undefined, fc.constantFrom(0, 1, 65532));

const capabilities = mostly<object | undefined>(
  { drop: ["ALL"] },
  fc.constantFrom<object | undefined>(
    undefined,
    {},
    { drop: [] },
    { drop: ["NET_RAW"] },
    { drop: ["NET_RAW", "ALL"], add: ["NET_BIND_SERVICE"] },
    { drop: ["ALL"], add: ["CHOWN"] },
    { add: ["SYS_ADMIN"] },
  ),
);

const containerContext = fc.record({
  allowPrivilegeEscalation: mostly<boolean | undefined>(false, yesOrNo),
  capabilities,
  privileged: mostly<boolean | undefined>(undefined, yesOrNo),
  procMount: mostly<string | undefined>(undefined, fc.constantFrom("Default", "Unmasked")),
  runAsNonRoot: mostly<boolean | undefined>(undefined, yesOrNo),
  runAsUser: user,
  seLinuxOptions,
  seccompProfile: mostly<object | undefined>(undefined, profile),
  appArmorProfile: mostly<object | undefined>(undefined, profile),
  windowsOptions: mostly<object | undefined>(undefined, fc.constantFrom({}, { hostProcess: false })),
});

const handler = fc.constantFrom<object>(
  { httpGet: { port: 80 } },
  { httpGet: { port: 80, host: "" } },
  { httpGet: { port: 80, host: "127.0.0.1" } },
  { tcpSocket: { port: 80 } },
  { tcpSocket: { port: 80, host: "example.com" } },
  { exec: { command: ["true"] } },
);

const container = fc.record({
  image: fc.constant("example.com/shop:1"),
  securityContext: fc.oneof(
    { weight: 12, arbitrary: containerContext },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
  ports: mostly<object[] | undefined>(
    undefined,
    fc.constantFrom([{ containerPort: 80, hostPort: 0 }], [{ containerPort: 80, hostPort: 80 }]),
  ),
});

const mainContainer = fc
  .tuple(container, maybe(handler), maybe(handler), maybe(handler))
  .map(([base, livenessProbe, readinessProbe, preStop]) => ({
    ...base,
    livenessProbe,
    readinessProbe,
    lifecycle: preStop && { preStop },
  }));

const volume = fc.constantFrom<object>(
  {},
  { emptyDir: {} },
  { configMap: { name: "x" } },
  { secret: { secretName: "x" } },
  { persistentVolumeClaim: { claimName: "x" } },
  { projected: { sources: [] } },
  { csi: { driver: "x.example.com" } },
  { image: { reference: "example.com/files:1" } },
  { hostPath: { path: "/" } },
  { nfs: { server: "x", path: "/" } },
  { gcePersistentDisk: { pdName: "x" } },
  { iscsi: { targetPortal: "10.0.0.1", iqn: "iqn.2001-04.com.example:x", lun: 0 } },
);

const podContext = fc.record({
  runAsNonRoot: mostly<boolean | undefined>(true, yesOrNo),
  runAsUser: user,
  seccompProfile: mostly<object | undefined>({ type: "RuntimeDefault" }, profile),
  appArmorProfile: mostly<object | undefined>(undefined, profile),
  seLinuxOptions,
  sysctls: mostly<object[] | undefined>(
    undefined,
    fc.constantFrom(
      [{ name: "net.ipv4.tcp_rmem", value: "4096 87380 16777216" }],
      [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
      [{ name: "kernel.msgmax", value: "65536" }],
    ),
  ),
  windowsOptions: mostly<object | undefined>(undefined, fc.constantFrom({ hostProcess: true }, { hostProcess: false })),
});

const annotations = mostly<object | undefined>(
  undefined,
  fc
    .constantFrom("runtime/default", "localhost/own", "unconfined")
    .map((value) => ({ "container.apparmor.security.beta.kubernetes.io/main0": value })),
);

const named = <T extends object>(role: string, list: readonly T[]): (T & { name: string })[] =>
  list.map((item, index) => ({ ...item, name: `${role}${index}` }));

/** Pods in which everything that Pod Security looks at takes all kinds of values; most of it is as it should be. */
export const arbitraryPod: fc.Arbitrary<PodManifest> = fc
  .record({
    annotations,
    context: fc.oneof({ weight: 12, arbitrary: podContext }, { weight: 1, arbitrary: fc.constant(undefined) }),
    containers: fc.array(mainContainer, { minLength: 1, maxLength: 2 }),
    initContainers: fc.array(container, { maxLength: 1 }),
    volumes: mostly<object[] | undefined>(undefined, fc.array(volume, { maxLength: 2 })),
    host: fc.record({
      hostNetwork: mostly<boolean | undefined>(undefined, yesOrNo),
      hostPID: mostly<boolean | undefined>(undefined, yesOrNo),
      hostIPC: mostly<boolean | undefined>(undefined, yesOrNo),
    }),
    os: mostly<object | undefined>(undefined, fc.constant({ name: "linux" })),
  })
  .map(({ annotations: given, context, containers, initContainers, volumes, host, os }) => {
    const all = [...containers, ...initContainers];
    // What makes such a pod valid at all.
    const isUnmasked = all.some(({ securityContext }) => securityContext?.procMount === "Unmasked");
    const isHostProcess = JSON.stringify(context ?? {}).includes('"hostProcess":true');
    const spec = {
      ...(isUnmasked ? { hostUsers: false } : host),
      ...(isHostProcess ? { hostNetwork: true } : {}),
      os,
      securityContext: context,
      containers: named("main", containers),
      initContainers: named("init", initContainers),
      volumes: volumes && named("volume", volumes),
    };
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "fuzzed", annotations: given }, spec };
    // Undefined values are no values.
    return JSON.parse(JSON.stringify(pod)) as PodManifest;
  });
