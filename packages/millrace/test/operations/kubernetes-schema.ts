/** An object of Kubernetes, as far as every one has it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
  };
  readonly [field: string]: unknown;
}

interface ModelClass {
  new (data: unknown): { validate(): void };
  readonly prototype: { validate(this: unknown): void };
}

/** Packages with the schemas of what the cluster itself does not know, by a part of the API group. */
const OPERATORS: readonly (readonly [group: RegExp, name: string])[] = [
  [/^monitoring\.coreos\.com$/, "@kubernetes-models/prometheus-operator"],
  [/^keda\.sh$/, "@kubernetes-models/keda"],
  [/\.istio\.io$/, "@kubernetes-models/istio"],
];

/** What is wrong with an object by the published schema of its kind, also fields that the schema does not have. */
export async function schemaProblems(object: KubernetesObject): Promise<readonly string[]> {
  const Model = await modelOf(object);
  if (Model === undefined) return [`there is no schema for ${object.apiVersion} ${object.kind}`];
  try {
    new Model(structuredClone(object)).validate();
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  return unknownFields(object, Model);
}

async function modelOf({ apiVersion, kind }: KubernetesObject): Promise<ModelClass | undefined> {
  const [group = "", version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  const operator = OPERATORS.find(([pattern]) => pattern.test(group))?.[1];
  const folder = group === "" ? String(version) : `${group}/${String(version)}`;
  try {
    const module = (await import(`${operator ?? "kubernetes-models"}/${folder}/${kind}`)) as Record<
      string,
      ModelClass
    >;
    return module[kind];
  } catch {
    return undefined;
  }
}

/**
 * Fields that no part of the schema ever looks at. The validators are compiled code that reads each field they know by its
 * name, whether it is there or not: what they never ask for, they do not know. Of an object in which they ask for nothing,
 * such as labels, nothing can be said.
 */
function unknownFields(object: KubernetesObject, Model: ModelClass): readonly string[] {
  const asked = new Map<string, Set<string>>();
  const watch = (value: unknown, path: string): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const names = asked.get(path) ?? new Set<string>();
    asked.set(path, names);
    return new Proxy(value, {
      get: (target, name) => {
        const found = Reflect.get(target, name) as unknown;
        if (typeof name !== "string") return found;
        names.add(name);
        return watch(found, `${path}/${name}`);
      },
      // Whoever goes through all names takes any of them.
      ownKeys: (target) => {
        for (const name of Reflect.ownKeys(target)) names.add(String(name));
        return Reflect.ownKeys(target);
      },
    });
  };
  // The model copies what it is made of, and hands itself to the validators: they get a watched one instead.
  Model.prototype.validate.call(watch(structuredClone(object), ""));
  const problems: string[] = [];
  const look = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) return;
    const names = asked.get(path);
    for (const [name, inner] of Object.entries(value)) {
      if (names !== undefined && names.size > 0 && !names.has(name) && !Array.isArray(value))
        problems.push(`${path}/${name} is no field of the schema`);
      else look(inner, `${path}/${name}`);
    }
  };
  look(object, "");
  return problems;
}
