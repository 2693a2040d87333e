import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { policyProblems, podOf } from "./kubernetes-policy.ts";
import { type KubernetesObject, schemaProblems } from "./kubernetes-schema.ts";

const FOLDER = fileURLToPath(new URL("../../../../deploy/kubernetes", import.meta.url));
const missing = spawnSync("kubectl", ["version", "--client"]).error !== undefined;
if (missing)
  process.stderr.write(
    "Kubernetes manifests are not rendered: no kubectl is installed (Debian: kubernetes-client).\n",
  );

const folders = ["overlays", "examples"].flatMap((kind) =>
  readdirSync(join(FOLDER, kind)).map((name) => `${kind}/${name}`),
);
const PLATFORMS = ["overlays/dev", "overlays/sit", "overlays/prod"];

const rendered = new Map<string, readonly KubernetesObject[]>();
function render(folder: string): readonly KubernetesObject[] {
  const known = rendered.get(folder);
  if (known !== undefined) return known;
  const text = execFileSync("kubectl", ["kustomize", join(FOLDER, folder)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
  rendered.set(folder, objects);
  return objects;
}

describe.skipIf(missing)("manifests of Kubernetes", () => {
  test.each(folders)("%s fits the published schemas, with no field that they do not have", async (folder) => {
    const problems: string[] = [];
    for (const object of render(folder)) {
      for (const problem of await schemaProblems(object))
        problems.push(`${object.kind} ${object.metadata.name}: ${problem}`);
    }
    expect(problems).toEqual([]);
    expect(render(folder).length).toBeGreaterThan(0);
  });

  test.each(folders)("%s runs nothing as root, without limits, probes or a version", (folder) => {
    const problems = render(folder).flatMap((object) =>
      policyProblems(object).map((problem) => `${object.kind} ${object.metadata.name} ${problem}`),
    );
    expect(problems).toEqual([]);
  });

  test.each(PLATFORMS)("%s has every part of the platform, in its own namespace", (folder) => {
    const objects = render(folder);
    const names = (kind: string): string[] =>
      objects.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name);
    const parts = ["api", "dashboard", "ingest", "scheduler", "worker"].map((part) => `millrace-${part}`);
    expect(names("Deployment").toSorted()).toEqual(parts);
    expect(names("PodDisruptionBudget").toSorted()).toEqual(parts);
    expect(names("HorizontalPodAutoscaler").toSorted()).toEqual([
      "millrace-api",
      "millrace-dashboard",
      "millrace-ingest",
      "millrace-worker",
    ]);
    expect(names("Job")).toEqual(["millrace-migrate"]);
    expect(names("StatefulSet")).toEqual(folder === "overlays/prod" ? [] : ["millrace-postgres"]);
    const namespace = `millrace-${folder.split("/")[1]}`;
    expect(
      objects.filter((each) => each.kind !== "Namespace" && each.metadata.namespace !== namespace),
    ).toEqual([]);
    // No secret is in the repository: each is named, and made elsewhere.
    expect(names("Secret")).toEqual([]);
  });

  test.each(PLATFORMS)("%s: what names another object names one that is there", (folder) => {
    const objects = render(folder);
    const has = (kind: string, name: string): boolean =>
      objects.some((each) => each.kind === kind && each.metadata.name === name);
    const problems: string[] = [];
    for (const object of objects) {
      const { metadata, kind } = object;
      const pod = podOf(object);
      const text = JSON.stringify(object);
      for (const [, name = ""] of text.matchAll(/"configMapRef":\{"name":"([^"]+)"/g))
        if (!has("ConfigMap", name)) problems.push(`${kind} ${metadata.name} wants ConfigMap ${name}`);
      if (pod?.serviceAccountName !== undefined && !has("ServiceAccount", pod.serviceAccountName))
        problems.push(`${kind} ${metadata.name} wants ServiceAccount ${pod.serviceAccountName}`);
      const target = (object["spec"] as { scaleTargetRef?: { kind: string; name: string } } | undefined)
        ?.scaleTargetRef;
      if (target !== undefined && !has(target.kind, target.name))
        problems.push(`${metadata.name} scales nothing`);
      for (const [, name = ""] of text.matchAll(/"service":\{"name":"([^"]+)"/g))
        if (!has("Service", name)) problems.push(`${kind} ${metadata.name} wants Service ${name}`);
    }
    expect(problems).toEqual([]);
  });

  test.each(PLATFORMS)("%s: services, budgets and policies choose pods that there are", (folder) => {
    const objects = render(folder);
    const pods = objects.flatMap((object) => {
      const template = (
        object["spec"] as { template?: { metadata?: { labels?: Record<string, string> } } } | undefined
      )?.template;
      return template?.metadata?.labels === undefined ? [] : [template.metadata.labels];
    });
    const chosen = (labels: Record<string, string>): boolean =>
      pods.some((pod) => Object.entries(labels).every(([name, value]) => pod[name] === value));
    const lost = objects.filter((object) => {
      const spec = object["spec"] as { selector?: Record<string, unknown> } | undefined;
      const selector =
        object.kind === "Service"
          ? spec?.selector
          : object.kind === "PodDisruptionBudget"
            ? (spec?.selector?.["matchLabels"] as Record<string, unknown>)
            : undefined;
      return selector !== undefined && !chosen(selector as Record<string, string>);
    });
    expect(lost.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
  });
});

test("the checks see what is wrong", async () => {
  const pod = { containers: [{ name: "a", image: "a:latest" }] };
  const template = { metadata: { labels: { a: "a" } }, spec: pod };
  const broken = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "a" },
    spec: { replicas: 1, replica: 2, selector: { matchLabels: { a: "a" } }, template },
  };
  expect(await schemaProblems(broken)).toEqual(["/spec/replica is no field of the schema"]);
  expect((await schemaProblems({ ...broken, spec: { ...broken.spec, replicas: "1" } })).join()).toMatch(
    /replicas/,
  );
  expect(policyProblems(broken)).toEqual(
    expect.arrayContaining([
      "may run as root",
      "container a uses an image without a fixed version: a:latest",
      "container a has no limits",
      "container a is not seen to live",
    ]),
  );
  expect(
    await schemaProblems({ apiVersion: "example.org/v1", kind: "Thing", metadata: { name: "a" } }),
  ).toHaveLength(1);
});
