import type { ColumnDefinition, Message, MillraceError, Row } from "@millrace/core";
import { jsonSchemaColumns } from "./json-schema-columns.ts";
import type { SingerMessage } from "./reading-options.ts";
import { singerError, type LinePlace } from "./singer-error.ts";

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

/** Types whose values are numbers in the engine's own storage form. */
const TEMPORAL: readonly string[] = ["date", "time", "timestamptz"];

/** Rows with the line of each. */
export interface NumberedRows {
  readonly rows: Row[];
  readonly lines: number[];
}

/** A stream as its last SCHEMA message declared it, with the rows that were read of it and not handed on yet. */
export class SingerStream {
  readonly name: string;
  readonly key: readonly string[];
  /** The SCHEMA message as it came, to know it again. */
  readonly text: string;
  /** Records came that no STATE has covered. */
  uncovered = false;
  #rows: Row[] = [];
  #lines: number[] = [];
  /** How many of the rows the last STATE covers. */
  #covered = 0;
  #widened = false;
  readonly #columns: Map<string, ColumnDefinition>;
  readonly #temporal: readonly string[];

  /** Fails with MLR_SCHEMA_INVALID. */
  constructor(message: SingerMessage, text: string, place: LinePlace) {
    const { schema, key_properties: key } = message;
    this.name = String(message["stream"]);
    this.text = text;
    const properties = (schema as SingerMessage | null | undefined)?.["properties"];
    if (typeof properties !== "object" || properties === null || Array.isArray(properties)) {
      throw this.#invalid(place, "has no properties");
    }
    this.key = keyOf(key, () => this.#invalid(place, "has key_properties that are no array of names"));
    const missing = this.key.find((name) => !Object.hasOwn(properties, name));
    if (missing !== undefined) {
      throw this.#invalid(place, `does not describe the key property "${missing}"`);
    }
    const columns = jsonSchemaColumns(schema as SingerMessage);
    this.#columns = new Map(columns.map((column) => [column.name, column]));
    this.#temporal = columns.filter(({ type }) => TEMPORAL.includes(type.kind)).map(({ name }) => name);
  }

  /** The message that declares it. @param before it was declared by, so that a key that only comes in another order stays as it is. */
  definition(before: SingerStream | undefined): Message {
    this.#widened = false;
    const columns = [...this.#columns.values()];
    const unkeyed = this.key.length === 0 && before === undefined;
    const key = before !== undefined && this.hasKeyOf(before) ? {} : { key: this.key };
    return { type: "schema", stream: { name: this.name, columns, ...(unkeyed ? {} : key) } };
  }

  /** Whether the keys are the same, in whatever order. */
  hasKeyOf({ key }: SingerStream): boolean {
    return key.length === this.key.length && key.every((part) => this.key.includes(part));
  }

  /** Declares a column besides those of the schema. */
  addColumn(column: ColumnDefinition): void {
    this.#columns.set(column.name, column);
  }

  /** JSON schema knows no largest integer: a column that holds a larger one than 64 bits becomes numeric. */
  widen(record: Row): void {
    for (const [name, value] of Object.entries(record)) {
      if (typeof value !== "bigint" || (value >= MIN_INT64 && value <= MAX_INT64)) continue;
      if (this.#columns.get(name)?.type.kind !== "bigint") continue;
      this.#columns.set(name, { name, type: { kind: "numeric" } });
      this.#widened = true;
    }
  }

  /** A column was widened, and has to be declared before the row that needs it. */
  get widened(): boolean {
    return this.#widened;
  }

  /** The key property that a record lacks. */
  missingKey(record: Row): string | undefined {
    for (const name of this.key) if (record[name] === null || record[name] === undefined) return name;
    return undefined;
  }

  /** A number where the schema promises a date is no count of microseconds: as text it is rejected, or stored as what it is. */
  checked(record: Row): Row {
    let out = record;
    for (const name of this.#temporal) {
      const value = record[name];
      if (typeof value !== "number" && typeof value !== "bigint") continue;
      if (out === record) out = { ...record };
      out[name] = String(value);
    }
    return out;
  }

  add(row: Row, line: number): void {
    this.#rows.push(row);
    this.#lines.push(line);
    this.uncovered = true;
  }

  /** A STATE covers all rows that came so far. */
  cover(): void {
    this.#covered = this.#rows.length;
    this.uncovered = false;
  }

  /** Gives out the rows that a STATE covers; undefined where there are none. */
  takeCovered(): NumberedRows | undefined {
    return this.#take(this.#covered);
  }

  /** Gives out all rows; undefined where there are none. */
  takeAll(): NumberedRows | undefined {
    return this.#take(this.#rows.length);
  }

  #take(count: number): NumberedRows | undefined {
    if (count === 0) return undefined;
    const all = { rows: this.#rows, lines: this.#lines };
    const whole = count === all.rows.length;
    this.#rows = whole ? [] : all.rows.slice(count);
    this.#lines = whole ? [] : all.lines.slice(count);
    this.#covered = 0;
    return whole ? all : { rows: all.rows.slice(0, count), lines: all.lines.slice(0, count) };
  }

  #invalid(place: LinePlace, why: string): MillraceError {
    return singerError(
      "MLR_SCHEMA_INVALID",
      place,
      `the schema of stream "${this.name}" ${why}`,
      'A SCHEMA message is { "type": "SCHEMA", "stream": …, "schema": { "properties": { … } }, "key_properties": [ … ] }.',
    );
  }
}

function keyOf(key: unknown, invalid: () => MillraceError): readonly string[] {
  if (key === undefined || key === null) return [];
  if (!Array.isArray(key) || key.some((name) => typeof name !== "string" || name === "")) throw invalid();
  return [...new Set(key as string[])];
}
