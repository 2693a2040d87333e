import { createHash } from "node:crypto";
import { JsonNumber, MillraceError, nearest } from "@millrace/core";
import { follow, parseSteps } from "../select-path.ts";
import type { ResolvedHttpOptions, ResourceOptions } from "../options.ts";
import { referencesIn, referencesInside } from "./template.ts";

/** A resource and those that are read for each of its rows. */
export interface Resource {
  /** Also the name of its stream. */
  readonly name: string;
  readonly options: ResourceOptions;
  /** Address with templates. */
  readonly url: string;
  readonly parent: Resource | undefined;
  readonly children: Resource[];
  /** References that its requests are made with. */
  readonly requested: readonly string[];
  /** References that it or a resource below needs. */
  readonly needs: Set<string>;
  /** Digest of what decides which rows come: a checkpoint of another one is of no use. */
  readonly fingerprint: string;
  /** Digest of how pages follow one another: the place of a page in a checkpoint of another one is of no use. */
  readonly pageFingerprint: string;
}

/** Spaces of references that are no parents. */
const OWN_SPACES = ["partition", "params", "cursor"];

/** The resources in the order in which they were given, parents with their children. Fails with MLR_ARGUMENT_INVALID. */
export function planResources(options: ResolvedHttpOptions): Resource[] {
  const given = resourcesOf(options);
  const made = new Map<string, Resource>();
  const make = (name: string, below: readonly string[]): Resource => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const own = given.get(name);
    if (own === undefined) throw unknownParent(below.at(-1) ?? "", name, [...given.keys()]);
    if (below.includes(name)) throw circle([...below, name]);
    const parent = own.parent === undefined ? undefined : make(own.parent, [...below, name]);
    const resource = describe(name, { own, parent, base: String(options.baseUrl ?? options.url) });
    made.set(name, resource);
    parent?.children.push(resource);
    return resource;
  };
  for (const name of given.keys()) make(name, []);
  const roots = [...made.values()].filter(({ parent }) => parent === undefined);
  for (const root of roots) collectNeeds(root);
  return roots;
}

/** A resource and all below it. */
export function withDescendants(resource: Resource): Resource[] {
  return [resource, ...resource.children.flatMap(withDescendants)];
}

function resourcesOf(options: ResolvedHttpOptions): Map<string, ResourceOptions> {
  const { url, stream, baseUrl: _, resources, auth: __, headers: ___, ...shared } = options;
  if (resources === undefined) return new Map([[stream ?? "http", { ...shared, path: String(url) }]]);
  return new Map(
    Object.entries(resources).map(([name, own]) => {
      const said = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
      const merged = { ...shared, ...said, query: { ...shared.query, ...own.query } } as ResourceOptions;
      return [name, { ...merged, path: own.path ?? `/${name}` }];
    }),
  );
}

function describe(
  name: string,
  { own, parent, base }: { own: ResourceOptions; parent: Resource | undefined; base: string },
): Resource {
  const url = addressOf(own.path ?? "", base);
  const spaces = new Set([...OWN_SPACES, ...ancestors(parent)]);
  const parts = [url, own.query, own.body, own.form, own.graphql?.variables, own.headers];
  const requested = [...new Set(parts.flatMap((part) => referencesInside(part, spaces)))];
  checkReferences(name, url, spaces);
  const included = Object.entries(own.include ?? {}).flatMap(([, template]) =>
    template.includes("{")
      ? referencesIn(template, spaces)
      : parent === undefined
        ? []
        : [`${parent.name}.${template}`],
  );
  checkIncluded(name, own, parent);
  const { cursor, paginate } = own;
  const decisive = [
    name,
    parts,
    own.method,
    own.graphql?.query,
    own.rows,
    own.columns,
    own.parent,
    own.include,
    cursor?.field,
  ];
  return {
    name,
    options: own,
    url,
    parent,
    children: [],
    requested,
    needs: new Set([...requested, ...included].filter((reference) => !reference.startsWith("cursor."))),
    fingerprint: digest([decisive, parent?.fingerprint]),
    pageFingerprint: digest([paginate]),
  };
}

/** Paths go below the base, also where they begin with a slash. */
function addressOf(path: string, base: string): string {
  if (/^https?:\/\//i.test(path)) return path;
  const [address = "", query] = base.split("?", 2);
  const joined = `${address.replace(/\/+$/, "")}/${path.replace(/^\/+/, "")}`;
  return query === undefined ? joined : `${joined}${path.includes("?") ? "&" : "?"}${query}`;
}

function ancestors(resource: Resource | undefined): string[] {
  return resource === undefined ? [] : [resource.name, ...ancestors(resource.parent)];
}

/** What the children need of a resource's ancestors it needs too, to hand it on. */
function collectNeeds(resource: Resource): void {
  for (const child of resource.children) {
    collectNeeds(child);
    for (const reference of child.needs) {
      if (!reference.startsWith(`${resource.name}.`)) resource.needs.add(reference);
    }
  }
}

function checkReferences(name: string, url: string, spaces: ReadonlySet<string>): void {
  for (const [whole, space = ""] of url.matchAll(/\{([^{}.]*)(?:\.[^{}]*)?\}/g)) {
    if (spaces.has(space) && whole.includes(".")) continue;
    const guess = nearest(space, [...spaces]);
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `http(): resource "${name}" has ${whole} in its address, which is not known`,
      {
        hint: `${guess === undefined ? "" : `Did you mean {${guess}.…}? `}Write {parent.field} with the name of the parent, {partition.name} or {params.name}.`,
        details: { resource: name },
      },
    );
  }
}

function checkIncluded(name: string, own: ResourceOptions, parent: Resource | undefined): void {
  for (const [column, template] of Object.entries(own.include ?? {})) {
    if (template.includes("{") || (parent !== undefined && parseSteps(template) !== undefined)) continue;
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `http(): resource "${name}" includes ${column} from "${template}", ${parent === undefined ? "but has no parent" : "which is no path to one value"}`,
      {
        hint: 'Write a field of the parent\'s rows such as "id", or a template such as "{partition.region}".',
      },
    );
  }
}

function unknownParent(child: string, parent: string, names: readonly string[]): MillraceError {
  const guess = nearest(parent, names);
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `http(): the parent of "${child}" is "${parent}", which is no resource`,
    {
      hint: guess === undefined ? `Resources: ${names.join(", ")}.` : `Did you mean "${guess}"?`,
    },
  );
}

function circle(names: readonly string[]): MillraceError {
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `http(): resources are parents of each other: ${names.join(" → ")}`,
    {
      hint: "One of them has to come without a parent.",
    },
  );
}

function digest(value: unknown): string {
  const text = JSON.stringify(value, (_name, each: unknown) =>
    typeof each === "function" ? "function" : each,
  );
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** The value that a reference into a row stands for; undefined where it has none that can be put into a request. */
export function valueIn(row: unknown, path: string): string | number | boolean | undefined {
  const value = follow(row, parseSteps(path) ?? []);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return value.toString();
  return value instanceof JsonNumber ? value.text : undefined;
}
