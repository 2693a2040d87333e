import type { KubernetesObject } from "./kubernetes-schema.ts";

interface Container {
  readonly name: string;
  readonly image: string;
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly privileged?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  };
  readonly resources?: {
    readonly requests?: Readonly<Record<string, unknown>>;
    readonly limits?: Readonly<Record<string, unknown>>;
  };
  readonly livenessProbe?: object;
  readonly readinessProbe?: object;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly serviceAccountName?: string;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly seccompProfile?: { readonly type?: string };
  };
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly { readonly name: string; readonly hostPath?: object }[];
}

/** The pods that an object makes; undefined: none. */
export function podOf({ kind, spec }: KubernetesObject): PodSpec | undefined {
  const inner = spec as {
    template?: { spec: PodSpec };
    jobTemplate?: { spec: { template: { spec: PodSpec } } };
  };
  if (kind === "CronJob") return inner.jobTemplate?.spec.template.spec;
  return ["Deployment", "StatefulSet", "DaemonSet", "Job"].includes(kind) ? inner.template?.spec : undefined;
}

/** What an object may not do here, whatever its schema allows. */
export function policyProblems(object: KubernetesObject): readonly string[] {
  const pod = podOf(object);
  if (pod === undefined) return rightsProblems(object);
  const serves = object.kind === "Deployment" || object.kind === "StatefulSet";
  return [
    ...podProblems(pod),
    ...(pod.initContainers ?? []).flatMap((each) => containerProblems(each, false)),
    ...pod.containers.flatMap((each) => containerProblems(each, serves)),
  ];
}

function podProblems(pod: PodSpec): string[] {
  const { securityContext = {} } = pod;
  return told([
    [securityContext.runAsNonRoot !== true, "may run as root"],
    [(securityContext.runAsUser ?? 0) === 0, "names no user other than root"],
    [securityContext.seccompProfile?.type !== "RuntimeDefault", "has no seccomp profile"],
    [pod.hostNetwork === true || pod.hostPID === true, "shares namespaces with its node"],
    [(pod.volumes ?? []).some(({ hostPath }) => hostPath !== undefined), "mounts a path of its node"],
    [
      pod.automountServiceAccountToken !== false && pod.serviceAccountName === undefined,
      "gets a token of the namespace's default account",
    ],
  ]);
}

function containerProblems(container: Container, serves: boolean): string[] {
  const { name, image, securityContext = {}, resources = {} } = container;
  return told([
    [
      !/:[\w][\w.-]+$/.test(image) || image.endsWith(":latest"),
      `uses an image without a fixed version: ${image}`,
    ],
    [securityContext.allowPrivilegeEscalation !== false, "may gain privileges"],
    [securityContext.privileged === true, "is privileged"],
    [securityContext.readOnlyRootFilesystem !== true, "may write to its root file system"],
    [securityContext.capabilities?.drop?.includes("ALL") !== true, "keeps capabilities"],
    [
      resources.requests?.["cpu"] === undefined || resources.requests["memory"] === undefined,
      "requests nothing",
    ],
    [resources.limits?.["cpu"] === undefined || resources.limits["memory"] === undefined, "has no limits"],
    [serves && container.livenessProbe === undefined, "is not seen to live"],
    [serves && container.readinessProbe === undefined, "is not seen to be ready"],
    [
      (container.env ?? []).some(
        (each) => /PASSWORD|TOKEN|SECRET/.test(each.name) && each.value !== undefined,
      ),
      "has a secret in plain text",
    ],
  ]).map((problem) => `container ${name} ${problem}`);
}

/** Of roles: nothing is allowed on everything. */
function rightsProblems({ kind, rules, data, stringData }: KubernetesObject): string[] {
  if (kind === "Secret")
    return told([[data !== undefined || stringData !== undefined, "holds a secret in plain text"]]);
  if (kind !== "Role" && kind !== "ClusterRole") return [];
  const all = (rules ?? []) as readonly {
    readonly verbs: string[];
    readonly resources?: string[];
    readonly resourceNames?: string[];
  }[];
  return told([
    [
      all.some((rule) => rule.verbs.includes("*") || rule.resources?.includes("*") === true),
      "allows everything",
    ],
    [
      all.some((rule) => rule.resources?.includes("secrets") === true && rule.resourceNames === undefined),
      "reads every secret",
    ],
  ]);
}

function told(checks: readonly (readonly [boolean, string])[]): string[] {
  return checks.filter(([bad]) => bad).map(([, problem]) => problem);
}
