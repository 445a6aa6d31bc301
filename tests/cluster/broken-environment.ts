import { BrokenCluster, type Undo } from "../engine/broken-cluster.ts";
import { openApi } from "../engine/checkout.ts";
import { OwnEnvironment, type OwnName } from "./own-environment.ts";
import { forwards } from "./stack.ts";

/** The parts of a container that breakages change. */
interface Container {
  image: string;
  imagePullPolicy?: string;
  command?: string[];
  args?: string[];
  env?: object[];
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  securityContext: { privileged?: boolean };
  lifecycle?: object;
  livenessProbe: Probe;
  readinessProbe: Probe;
  volumeMounts: { name: string; mountPath: string }[];
}

interface Probe {
  httpGet: { path: string };
  initialDelaySeconds: number;
  periodSeconds: number;
  failureThreshold: number;
}

/** The pods of a workload, as far as breakages change them. */
export interface PodTemplate {
  readonly metadata: { readonly labels: Record<string, string>; readonly annotations?: Record<string, string> };
  readonly spec: {
    readonly containers: [Container, ...Container[]];
    nodeSelector?: Record<string, string>;
    terminationGracePeriodSeconds?: number;
    readonly volumes: object[];
  };
}

interface Workload {
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  readonly spec: { readonly template: PodTemplate };
}

interface Pod {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

interface Job extends Workload {
  readonly spec: Workload["spec"] & { readonly backoffLimit: number };
}

interface Listed {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly involvedObject?: { readonly name: string };
}

const WORKLOAD = "terrarium.dev/workload";

/** Kinds in which trouble with pods shows. */
const TELLING = ["v1/pods", "v1/events", "apps/v1/replicasets", "batch/v1/jobs", "v1/persistentvolumeclaims"];

/** Breaks one running environment. */
export class BrokenEnvironment extends BrokenCluster {
  readonly environment: OwnEnvironment;

  constructor(name: OwnName) {
    const environment = new OwnEnvironment(name);
    super(openApi(forwards.kubeconfig), environment.objects.namespace);
    this.environment = environment;
  }

  /**
   * Puts a Deployment beside the one of `server` that is like it in all but one thing.
   *
   * @param name of the Deployment and of the value of its pods' label.
   */
  async variant(name: string, change: (template: PodTemplate) => void): Promise<Undo> {
    const path = this.path("apps/v1/deployments");
    const { metadata, spec } = (await this.read(`${path}/server`)) as unknown as Workload;
    const { template } = structuredClone(spec);
    template.metadata.labels[WORKLOAD] = name;
    template.spec.terminationGracePeriodSeconds = 1;
    delete template.spec.containers[0].lifecycle;
    change(template);
    const undo = await this.create(path, {
      metadata: { name, labels: metadata.labels },
      spec: { replicas: 1, selector: { matchLabels: { [WORKLOAD]: name } }, template },
    });
    return async () => {
      await undo();
      await this.podsGone(name);
    };
  }

  /** Runs a Job once more, as somebody does who wants to see whether it works now. */
  async runAgain(name: string): Promise<void> {
    const path = this.path("batch/v1/jobs", name);
    const { metadata, spec } = (await this.read(path)) as unknown as Job;
    const { template, backoffLimit } = structuredClone(spec);
    const own = Object.entries(template.metadata.labels).filter(([key]) => !/(controller-uid|job-name)$/.test(key));
    const pods = { spec: template.spec, metadata: { ...template.metadata, labels: Object.fromEntries(own) } };
    await this.delete(path);
    await this.podsGone(name);
    await this.create(this.path("batch/v1/jobs"), {
      metadata: { name, labels: metadata.labels },
      spec: { backoffLimit, template: pods },
    });
  }

  /** Waits until objects of a name, or events about them, tell of something. */
  async shows(name: string, text: RegExp): Promise<void> {
    await this.eventually(`${String(text)} of ${name}`, async () => {
      const lists = await Promise.all(TELLING.map((kind) => this.read(this.path(kind))));
      const objects = lists.flatMap((list) => (list as unknown as { items: Listed[] }).items);
      const own = objects.filter(
        ({ metadata, involvedObject }) =>
          metadata.labels?.[WORKLOAD] === name || (involvedObject ?? metadata).name.startsWith(name),
      );
      return text.test(JSON.stringify(own)) ? true : undefined;
    });
  }

  /** Waits until a workload has its one pod, and that is ready. */
  async ready(workload: string): Promise<void> {
    await this.eventually(`a ready pod of ${workload}`, async () => {
      const [pod, ...others] = await this.#podsOf(workload);
      const isReady = pod?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
      return isReady && others.length === 0 ? true : undefined;
    });
  }

  /** Waits until a workload has no pods. */
  async podsGone(workload: string): Promise<void> {
    await this.eventually(`no pod of ${workload}`, async () =>
      (await this.#podsOf(workload)).length === 0 ? true : undefined,
    );
  }

  async #podsOf(workload: string): Promise<Pod[]> {
    const selector = encodeURIComponent(`${WORKLOAD}=${workload}`);
    const list = await this.read(`${this.path("v1/pods")}?labelSelector=${selector}`);
    return (list as unknown as { items: Pod[] }).items;
  }
}
