import {
  asMillraceError,
  type BrowsedPage,
  type Destination,
  type Environment,
  type Inspector,
  type Json,
  limitIdentifier,
  MillraceError,
  normalizeIdentifier,
  type Pipeline,
  type PushedPipeline,
  type Scope,
} from "@millrace/core";

/** A row as it is stored, and its key as values that find it. */
export interface KeyedRow {
  readonly row: Readonly<Record<string, Json>>;
  readonly key: Scope;
}

interface Opened {
  readonly destination: Destination;
  readonly inspector: Inspector;
}

/** Types whose values are numbers where they are asked for by text. */
const NUMBERS = /^(smallint|integer|bigint|real|double)/;

/** Reads the rows of a stream's table by their keys, over one connection of its own. */
export class KeyedRows {
  readonly #definition: PushedPipeline;
  readonly #make: () => Promise<Destination>;
  #opened: Promise<Opened> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(definition: PushedPipeline, pipeline: Pipeline, environment: Environment) {
    this.#definition = definition;
    this.#make = () => pipeline.destination.destination(environment);
  }

  /**
   * The row with these values of the key's columns, in their order; undefined where there is none. Fails with
   * MLR_PUSH_INVALID where the table has no key or another number of columns in it, or as the destination.
   */
  find(values: readonly string[]): Promise<KeyedRow | undefined> {
    // A connection answers one question at a time.
    const found = this.#last.then(() => this.#find(values));
    this.#last = found.catch(() => undefined);
    return found;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#forget();
  }

  async #find(values: readonly string[]): Promise<KeyedRow | undefined> {
    const columns = this.#keyColumns();
    if (columns.length !== values.length) {
      throw new MillraceError(
        "MLR_PUSH_INVALID",
        `The key of stream "${this.#definition.stream}" has ${columns.length} columns (${columns.join(", ")}), and ${values.length} values were given`,
        { hint: "Give one value for each, separated by commas; a comma inside of a value is %2C." },
      );
    }
    const filters = columns.map((column, at) => ({
      column,
      operator: "=" as const,
      value: values[at] ?? "",
    }));
    try {
      const { inspector } = await this.#open();
      const table = await this.#table(inspector);
      if (table === undefined) return undefined;
      const page = await inspector.browse?.(table, { of: "live", filters, limit: 1 });
      return page === undefined ? undefined : rowOf(page, columns);
    } catch (error) {
      await this.#forget();
      throw asMillraceError(error, "MLR_DESTINATION_UNAVAILABLE");
    }
  }

  #keyColumns(): readonly string[] {
    const { table, stream } = this.#definition;
    const key = table.key ?? [];
    if (key.length > 0) return key.map((name) => normalizeIdentifier(name, 63));
    throw new MillraceError(
      "MLR_PUSH_INVALID",
      `The table of stream "${stream}" has no key to find rows by`,
      {
        hint: 'Give its table one: .table("name", { key: ["id"] }).',
      },
    );
  }

  /** As the destination lists it: with its schema in front, where it is not the default one. */
  async #table(inspector: Inspector): Promise<string | undefined> {
    const { table, stream, name: pipeline } = this.#definition;
    const bare = limitIdentifier(table.name ?? stream, 51);
    const own = (await inspector.tables()).filter((each) => each.pipeline === pipeline);
    return own.find((each) => each.table === bare || each.table.endsWith(`.${bare}`))?.table;
  }

  #open(): Promise<Opened> {
    this.#opened ??= (async () => {
      const destination = await this.#make();
      const inspector = await destination.inspect?.();
      if (inspector?.browse !== undefined) return { destination, inspector };
      await destination.close();
      throw new MillraceError("MLR_PUSH_INVALID", `Rows in ${destination.kind} cannot be read back by key`);
    })();
    return this.#opened;
  }

  async #forget(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    this.#opened = undefined;
    await opened?.inspector.close().catch(() => undefined);
    await opened?.destination.close().catch(() => undefined);
  }
}

function rowOf({ columns, rows }: BrowsedPage, names: readonly string[]): KeyedRow | undefined {
  const [values] = rows;
  if (values === undefined) return undefined;
  const own = columns.map((column, at) => ({ ...column, value: values[at] ?? null }));
  const key = own
    .filter(({ name }) => names.includes(name))
    .map(({ name, type, value }) => [name, keyValue(type, value)] as const);
  return {
    row: Object.fromEntries(own.filter((column) => !column.own).map(({ name, value }) => [name, value])),
    key: Object.fromEntries(key),
  };
}

function keyValue(type: string, value: Json): Scope[string] {
  if (typeof value === "string" && NUMBERS.test(type) && Number.isSafeInteger(Number(value)))
    return Number(value);
  return typeof value === "object" ? JSON.stringify(value) : value;
}
