import { hash } from "node:crypto";
import type { Clock } from "@millrace/core";
import type { Queryable } from "../rows/queryable.ts";
import { readTableShapes } from "../schema/read-table-shape.ts";
import type { ShapeColumn, TableShape } from "../schema/table-shape.ts";
import type { DataPolicy } from "./data-policy.ts";
import { type Exposures, notExposed } from "./exposures.ts";
import type { Exposure } from "./exposure.ts";
import type { Grant } from "./grant.ts";

/** What the catalogue is made of. */
export interface DataCatalogOptions {
  readonly exposures: Exposures;
  /** The database with the tables. */
  readonly database: Queryable;
  readonly clock: Clock;
  /** Milliseconds for which it is believed. Default 1,000: so long a change takes to count. */
  readonly believedMs?: number;
}

/** What is exposed at one moment, and to whom. */
export interface CatalogView {
  /** What a role may read of a table; undefined: nothing. */
  grant(role: string, table: string): Grant | undefined;
  /** All that a role may read, by name. */
  grants(role: string): readonly Grant[];
  /** Differs whenever what is exposed, to whom, or a table's columns do. */
  readonly stamp: string;
}

/** Knows what is exposed: read anew after a second, and once for all who ask at the same time. */
export class DataCatalog {
  readonly #options: DataCatalogOptions;
  #view: { readonly view: CatalogView; readonly until: number } | undefined;
  #reading: Promise<CatalogView> | undefined;

  constructor(options: DataCatalogOptions) {
    this.#options = options;
  }

  /** The view where it is fresh; undefined: `view` has to read it. */
  get fresh(): CatalogView | undefined {
    const kept = this.#view;
    return kept !== undefined && this.#options.clock.monotonic() < kept.until ? kept.view : undefined;
  }

  /** What is exposed now. */
  async view(): Promise<CatalogView> {
    const { fresh } = this;
    if (fresh !== undefined) return fresh;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** What a role may read of a table. Fails with MLR_TABLE_NOT_FOUND where that is nothing, whether there is such a table or not. */
  async authorise(role: string, table: string): Promise<Grant> {
    const view = await this.view();
    const grant = view.grant(role, table);
    if (grant !== undefined) return grant;
    throw notExposed(
      table,
      view.grants(role).map(({ exposure }) => exposure.name),
    );
  }

  async #read(): Promise<CatalogView> {
    const { exposures, database, clock, believedMs = 1_000 } = this.#options;
    const started = clock.monotonic();
    const [tables, policies] = await Promise.all([exposures.list(), exposures.policies()]);
    const shapes = await readTableShapes(database, tables);
    const view = viewOf(tables, shapes, policies);
    this.#view = { view, until: started + believedMs };
    return view;
  }
}

function viewOf(
  tables: readonly Exposure[],
  shapes: readonly (TableShape | undefined)[],
  policies: readonly DataPolicy[],
): CatalogView {
  const known = new Map(tables.map((exposure, at) => [exposure.name, { exposure, shape: shapes[at] }]));
  const grants = new Map<string, Grant>();
  const byRole = new Map<string, Grant[]>();
  for (const policy of policies) {
    const { exposure, shape } = known.get(policy.table) ?? {};
    // A table that is gone, or was not made yet, is not there for anybody.
    if (exposure === undefined || shape === undefined) continue;
    const grant = grantOf(exposure, shape, policy);
    grants.set(`${policy.role} ${policy.table}`, grant);
    byRole.set(policy.role, [...(byRole.get(policy.role) ?? []), grant]);
  }
  return {
    grant: (role, table) => grants.get(`${role} ${table}`),
    grants: (role) => byRole.get(role) ?? [],
    stamp: stampOf([...grants].map(([name, { stamp }]) => [name, stamp])),
  };
}

function grantOf(exposure: Exposure, shape: TableShape, policy: DataPolicy): Grant {
  const columns = new Map(
    [...shape.columns].filter(([name, column]) => isSeen(column, exposure.columns) && isSeenBy(name, policy)),
  );
  const described = [
    exposure,
    [...shape.columns.values()],
    shape.key,
    shape.mode,
    shape.history?.table,
    policy,
  ];
  return { exposure, shape, columns, rows: policy.rows, stamp: stampOf(described) };
}

function isSeen({ name, own }: ShapeColumn, listed: readonly string[] | null): boolean {
  return listed === null ? !own : listed.includes(name);
}

function isSeenBy(name: string, { columns }: DataPolicy): boolean {
  return columns === null || columns.includes(name);
}

function stampOf(of: unknown): string {
  return hash("sha256", JSON.stringify(of), "base64url").slice(0, 16);
}
