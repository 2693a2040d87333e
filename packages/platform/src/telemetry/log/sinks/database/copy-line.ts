import { storableJson } from "../../../../store/storable-json.ts";
import { levelRank, type RoutedRecord } from "../../log-record.ts";
import { wellFormed } from "../../storable-fields.ts";

/** The columns of `copyLine`, in its order. */
export const COPY_COLUMNS =
  'id, at, level, run, attempt, pipeline, "group", worker, logger, stream, message, fields';

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;

/** A record as a line of PostgreSQL's COPY in text form. */
export function copyLine(record: RoutedRecord): string {
  const { run } = record;
  const known = run === undefined || UUID.test(run);
  // A run of another kind of name is none of ours; the name stays with the line.
  const fields = known ? record.fields : { ...record.fields, run };
  return (
    `${record.id}\t${record.at}\t${levelRank(record.level)}\t${known ? (run ?? NULL) : NULL}\t${record.attempt ?? NULL}\t` +
    `${text(record.pipeline)}\t${text(record.group)}\t${text(record.worker)}\t${text(record.logger)}\t` +
    `${record.stream ?? NULL}\t${text(record.message)}\t${fields === undefined ? NULL : escaped(json(fields))}\n`
  );
}

const NULL = "\\N";

function text(value: string | undefined): string {
  return value === undefined ? NULL : escaped(wellFormed(value));
}

function json(fields: object): string {
  const plain = JSON.stringify(fields);
  // A text may hold what PostgreSQL refuses: NUL, or half of a surrogate pair.
  return plain.includes("\\u") ? storableJson(fields) : plain;
}

const SPECIAL = /[\\\t\n\r]/;
const EACH_SPECIAL = /[\\\t\n\r]/g;
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

function escaped(value: string): string {
  return SPECIAL.test(value)
    ? value.replaceAll(EACH_SPECIAL, (special) => ESCAPES[special] ?? special)
    : value;
}
