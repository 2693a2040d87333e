import { createHash } from "node:crypto";
import type { CollectedTable, CollectedTables, UnreachablePlace } from "@millrace/api";
import { asMillraceError, MillraceError, nearest } from "@millrace/core";
import { projectAt } from "../project/find-project.ts";
import { openProject } from "../project/open-project.ts";
import { openWorkspace } from "../workspace/workspace.ts";
import { Place } from "./place.ts";
import type { ReaderProject } from "./protocol.ts";

/** A table, and where it is. */
export interface FoundTable extends CollectedTable {
  readonly place: Place;
}

/** Milliseconds for which a list of tables is taken for what there is. */
const FRESH_MS = 2_000;

/** All destinations of a project. */
export class Places {
  readonly #places: readonly Place[];
  /** Places of pipelines whose destination could not even be made. */
  readonly #unmade: readonly UnreachablePlace[];
  #listed: { readonly at: number; readonly list: Promise<Listing> } | undefined;

  constructor(places: readonly Place[], unmade: readonly UnreachablePlace[]) {
    this.#places = places;
    this.#unmade = unmade;
  }

  async tables(): Promise<CollectedTables> {
    const { tables, unreachable } = await this.#list();
    return {
      tables: tables.map((found) => {
        const { place: _, ...table } = found;
        return table;
      }),
      unreachable,
    };
  }

  /** The table of an id. Fails with MLR_TABLE_NOT_FOUND, or as the place that may have it. */
  async find(id: string): Promise<FoundTable> {
    const known = await this.#list();
    const found = withId(known, id) ?? withId(await this.#list(true), id);
    if (found !== undefined) return found;
    const { tables, unreachable } = await this.#list();
    const guess = nearest(
      id,
      tables.map((table) => table.id),
    );
    const [down] = unreachable;
    if (guess === undefined && down !== undefined) {
      throw new MillraceError("MLR_TABLE_NOT_FOUND", `No place that answers has a table "${id}"`, {
        hint: `${down.location} does not answer: ${down.message}`,
        details: { table: id },
      });
    }
    throw new MillraceError("MLR_TABLE_NOT_FOUND", `Millrace writes no table "${id}"`, {
      hint: guess === undefined ? "GET /api/v1/tables lists what there is." : `Did you mean "${guess}"?`,
      details: { table: id },
    });
  }

  /** Where a pipeline writes. Fails with MLR_PIPELINE_NOT_FOUND. */
  placeOf(pipeline: string): Place {
    const place = this.#places.find(({ pipelines }) => pipelines.includes(pipeline));
    if (place !== undefined) return place;
    throw new MillraceError("MLR_PIPELINE_NOT_FOUND", `No pipeline "${pipeline}" is in the project`);
  }

  async #list(now = false): Promise<Listing> {
    const at = performance.now();
    if (now || this.#listed === undefined || at - this.#listed.at > FRESH_MS) {
      this.#listed = { at, list: listTables(this.#places, this.#unmade) };
    }
    return this.#listed.list;
  }
}

interface Listing {
  readonly tables: readonly FoundTable[];
  readonly unreachable: readonly UnreachablePlace[];
}

function withId({ tables }: Listing, id: string): FoundTable | undefined {
  return tables.find((table) => table.id === id || idAt(table) === id);
}

/** Loads the project's pipelines, which name the places. Files that cannot be loaded are told of as places that cannot be reached. */
export async function openPlaces({ root, databaseUrl, controlUrl }: ReaderProject): Promise<Places> {
  const folder = projectAt(root);
  if (folder === undefined)
    throw new MillraceError("MLR_PROJECT_INVALID", `The project's folder ${root} is gone`);
  const project = await openProject(folder);
  const workspace = openWorkspace(project, (notice) => process.stderr.write(`${notice}\n`), {
    databaseUrl,
    controlUrl,
  });
  const { pipelines, errors } = await workspace.pipelines();
  const made = new Map<
    string,
    { destination: ConstructorParameters<typeof Place>[0]; pipelines: string[] }
  >();
  const unmade = errors.map((error) => unreachable("the project", [], error));
  for (const { pipeline } of pipelines) {
    try {
      const destination = await pipeline.destination.destination(workspace.environment);
      const where = `${destination.kind} ${destination.location}`;
      const known = made.get(where);
      if (known === undefined) made.set(where, { destination, pipelines: [pipeline.name] });
      else {
        known.pipelines.push(pipeline.name);
        await destination.close();
      }
    } catch (error) {
      unmade.push(unreachable(pipeline.destination.kind, [pipeline.name], error));
    }
  }
  return new Places(
    [...made.values()].map((place) => new Place(place.destination, place.pipelines)),
    unmade,
  );
}

async function listTables(places: readonly Place[], unmade: readonly UnreachablePlace[]): Promise<Listing> {
  const down: UnreachablePlace[] = [...unmade];
  const lists = await Promise.all(
    places
      .filter(({ readable }) => readable)
      .map((place) =>
        tablesIn(place).catch((error: unknown) => {
          down.push(unreachable(place.location, place.pipelines, error));
          return [];
        }),
      ),
  );
  const tables = lists.flat();
  const counts = new Map<string, number>();
  for (const { table } of tables) counts.set(table, (counts.get(table) ?? 0) + 1);
  return {
    tables: tables
      .map((table) => (counts.get(table.table) === 1 ? table : { ...table, id: idAt(table) }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    unreachable: down,
  };
}

async function tablesIn(place: Place): Promise<FoundTable[]> {
  return place.use(async (inspector) => {
    const tables = new Map<string, FoundTable>();
    const listed = await inspector.tables();
    const sizes = await inspector.sizes?.();
    for (const { table, pipeline, mode } of listed) {
      const known = tables.get(table);
      const pipelines = [...(known?.pipelines ?? []), pipeline];
      const { location } = place;
      tables.set(table, {
        id: table,
        table,
        pipelines,
        mode,
        location,
        browsable: inspector.browse !== undefined,
        ...sizes?.get(table),
        place,
      });
    }
    return [...tables.values()];
  });
}

/** Stays the same while the place does, whatever other places have. */
function idAt({ table, location }: Pick<FoundTable, "table" | "location">): string {
  return `${table}@${createHash("sha256").update(location).digest("hex").slice(0, 8)}`;
}

function unreachable(location: string, pipelines: readonly string[], caught: unknown): UnreachablePlace {
  const { code, message, hint } = asMillraceError(caught, "MLR_DESTINATION_UNAVAILABLE");
  return { location, pipelines, code, message, hint: hint ?? null };
}
