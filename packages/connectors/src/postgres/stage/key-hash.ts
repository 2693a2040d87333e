import { MillraceError, type ColumnDefinition, type Row } from "@millrace/core";

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

/**
 * Compiles a 32-bit hash of a row's key. Equal keys have equal hashes; that different ones may share one is for the
 * caller to resolve. Fails with MLR_ROW_KEY_MISSING for a row without a value in a column of its key.
 */
export function compileKeyHash(
  table: string,
  key: readonly string[],
  columns: readonly ColumnDefinition[],
): (row: Row) => number {
  const mixers = key.map((name) => mixerOf(columns.find((column) => column.name === name)));
  return (row) => {
    let hash = 0x2545f491;
    for (let i = 0; i < key.length; i++) {
      const value = row[key[i] as string];
      if (value === null || value === undefined) throw missing(table, key[i] as string);
      hash = (mixers[i] as Mixer)(hash, value);
    }
    return finish(hash);
  };
}

type Mixer = (hash: number, value: unknown) => number;

function mixerOf(column: ColumnDefinition | undefined): Mixer {
  switch (column?.type.kind) {
    case "text":
    case "uuid":
    case "numeric":
      return mixText;
    default:
      return mixAny;
  }
}

function mixAny(hash: number, value: unknown): number {
  if (typeof value === "number") return mixNumber(hash, value);
  if (typeof value === "string") return mixText(hash, value);
  if (typeof value === "boolean") return step(hash, value ? 1 : 2);
  if (value instanceof Uint8Array) {
    let mixed = hash;
    for (let i = 0; i < value.length; i++) mixed = Math.imul(mixed ^ (value[i] as number), 0x01000193);
    return step(mixed, value.length);
  }
  return mixText(hash, String(value));
}

function mixNumber(hash: number, value: number): number {
  if ((value | 0) === value) return step(hash, value);
  double[0] = value;
  return step(step(hash, halves[0] as number), halves[1] as number);
}

function mixText(hash: number, value: unknown): number {
  const text = value as string;
  let mixed = hash;
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193);
  return step(mixed, text.length);
}

/** One round of Murmur3. */
function step(hash: number, value: number): number {
  let k = Math.imul(value, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function missing(table: string, column: string): MillraceError {
  return new MillraceError(
    "MLR_ROW_KEY_MISSING",
    `a row for table "${table}" has no value in its key column "${column}"`,
    { hint: "Leave such rows out with filter(), or choose another key.", details: { table, column } },
  );
}
