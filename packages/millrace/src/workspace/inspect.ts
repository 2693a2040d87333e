import {
  asMillraceError,
  type Destination,
  type Environment,
  type Inspector,
  MillraceError,
  nearest,
  type Pipeline,
} from "@millrace/core";

/** A table that Millrace writes, with the means to read it back. */
export interface FoundTable {
  readonly inspector: Inspector;
  readonly table: string;
  readonly pipeline: string;
}

/** Where tables and states may be: the destinations of these pipelines. */
export interface Places {
  readonly pipelines: readonly Pipeline[];
  readonly environment: Environment;
}

/**
 * Calls `use` with the table of this name, wherever the pipelines of the project write it, and closes what it opened.
 * Fails with MLR_TABLE_NOT_FOUND (and the nearest name), or MLR_ARGUMENT_INVALID where several places have it.
 */
export async function withTable<T>(
  places: Places,
  name: string,
  use: (found: FoundTable) => Promise<T>,
): Promise<T> {
  return withInspectors(places, async (inspectors, unreachable) => {
    const tables = (
      await Promise.all(
        inspectors.map(async ({ inspector, destination }) =>
          (await inspector.tables()).map((entry) => ({
            ...entry,
            inspector,
            location: destination.location,
          })),
        ),
      )
    ).flat();
    const found = namedSo(tables, name);
    const [first, second] = found;
    if (first === undefined)
      throw tableNotFound(name, [...new Set(tables.map((entry) => entry.table))], unreachable);
    // Several pipelines may share a table: the place is the same.
    if (
      second !== undefined &&
      found.some((entry) => entry.location !== first.location || entry.table !== first.table)
    ) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", `There are several tables "${name}"`, {
        hint: `Say which: ${[...new Set(found.map((entry) => `${entry.table} (${entry.location})`))].join(", ")}.`,
      });
    }
    return use(first);
  });
}

/** Calls `use` with the reader of one pipeline's destination, and closes it. Fails with MLR_ARGUMENT_INVALID where it has none. */
export async function withInspector<T>(
  pipeline: Pipeline,
  environment: Environment,
  use: (inspector: Inspector) => Promise<T>,
): Promise<T> {
  return withInspectors({ pipelines: [pipeline], environment }, async ([only], unreachable) => {
    if (only !== undefined) return use(only.inspector);
    if (unreachable !== undefined) throw unreachable;
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `What ${pipeline.destination.kind} holds cannot be read back`,
    );
  });
}

interface Opened {
  readonly destination: Destination;
  readonly inspector: Inspector;
}

async function withInspectors<T>(
  places: Places,
  use: (opened: readonly Opened[], unreachable: MillraceError | undefined) => Promise<T>,
): Promise<T> {
  const opened = new Map<string, Opened>();
  const failures = new Map<string, MillraceError>();
  try {
    for (const pipeline of places.pipelines) {
      const destination = await pipeline.destination.destination(places.environment);
      const place = `${destination.kind} ${destination.location}`;
      const known = opened.has(place) || failures.has(place);
      const inspector = known ? undefined : await inspect(destination, (error) => failures.set(place, error));
      if (inspector === undefined) await destination.close();
      else opened.set(place, { destination, inspector });
    }
    const [unreachable] = failures.values();
    return await use([...opened.values()], unreachable);
  } finally {
    for (const { inspector, destination } of opened.values()) {
      await inspector.close();
      await destination.close();
    }
  }
}

async function inspect(
  destination: Destination,
  failed: (error: MillraceError) => void,
): Promise<Inspector | undefined> {
  try {
    return await destination.inspect?.();
  } catch (error) {
    failed(asMillraceError(error, "MLR_DESTINATION_UNAVAILABLE", destination.location));
    return undefined;
  }
}

/** Tables of this name, with or without the namespace; the default namespace is listed without. */
function namedSo<T extends { readonly table: string }>(tables: readonly T[], name: string): readonly T[] {
  const found = tables.filter((entry) => entry.table === name || unqualified(entry.table) === name);
  if (found.length > 0 || !name.includes(".")) return found;
  // Whether the namespace is right as well, only the destination knows.
  return tables
    .filter((entry) => entry.table === unqualified(name))
    .map((entry) => ({ ...entry, table: name }));
}

function unqualified(table: string): string {
  return table.slice(table.indexOf(".") + 1);
}

function tableNotFound(
  name: string,
  known: readonly string[],
  unreachable: MillraceError | undefined,
): MillraceError {
  const guess = nearest(name, known) ?? nearest(name, known.map(unqualified));
  // It may be where nobody answers, unless it was most likely mistyped.
  if (guess === undefined && unreachable !== undefined) return unreachable;
  return new MillraceError("MLR_TABLE_NOT_FOUND", `Millrace writes no table "${name}"`, {
    hint:
      guess !== undefined
        ? `Did you mean "${guess}"?`
        : known.length === 0
          ? "Nothing has been written yet: run a pipeline first."
          : `It writes: ${known.join(", ")}.`,
    details: { table: name },
  });
}
