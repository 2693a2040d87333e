import type { ColumnDefinition, MillraceError, Row } from "@millrace/core";
import { jsonSchemaColumns } from "./json-schema-columns.ts";
import { singerError, type LinePlace } from "./singer-error.ts";

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

/** A stream as its last SCHEMA message declared it, with the rows that were read of it and not handed on yet. */
export class SingerStream {
  readonly name: string;
  readonly key: readonly string[];
  /** The SCHEMA message as it came, to know it again. */
  readonly text: string;
  rows: Row[] = [];
  /** The line of each row. */
  lines: number[] = [];
  /** How many of the rows the last STATE covers. */
  covered = 0;
  readonly #columns: Map<string, ColumnDefinition>;

  /** Fails with MLR_SCHEMA_INVALID. */
  constructor(message: Readonly<Record<string, unknown>>, text: string, place: LinePlace) {
    const { schema, key_properties: key } = message;
    this.name = String(message["stream"]);
    this.text = text;
    const properties = (schema as Readonly<Record<string, unknown>> | null | undefined)?.["properties"];
    if (typeof properties !== "object" || properties === null || Array.isArray(properties)) {
      throw this.#invalid(place, "has no properties");
    }
    this.key = keyOf(key, () => this.#invalid(place, "has key_properties that are no array of names"));
    const missing = this.key.find((name) => !Object.hasOwn(properties, name));
    if (missing !== undefined) {
      throw this.#invalid(place, `does not describe the key property "${missing}"`);
    }
    const columns = jsonSchemaColumns(schema as Readonly<Record<string, unknown>>);
    this.#columns = new Map(columns.map((column) => [column.name, column]));
  }

  get columns(): ColumnDefinition[] {
    return [...this.#columns.values()];
  }

  /** Declares a column besides those of the schema. */
  add(column: ColumnDefinition): void {
    this.#columns.set(column.name, column);
  }

  /** JSON schema knows no largest integer: a column that holds a larger one than 64 bits becomes numeric. True where one does. */
  widen(record: Row): boolean {
    let widened = false;
    for (const [name, value] of Object.entries(record)) {
      if (typeof value !== "bigint" || (value >= MIN_INT64 && value <= MAX_INT64)) continue;
      if (this.#columns.get(name)?.type.kind !== "bigint") continue;
      this.#columns.set(name, { name, type: { kind: "numeric" } });
      widened = true;
    }
    return widened;
  }

  /** The key property that a record lacks. */
  missingKey(record: Row): string | undefined {
    for (const name of this.key) if (record[name] === null || record[name] === undefined) return name;
    return undefined;
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
