import { MillraceError, nearest } from "@millrace/core";
import type { ResolvedSingerOptions } from "./options.ts";

type Json = Record<string, unknown>;
type Selection = NonNullable<ResolvedSingerOptions["streams"]>;
type StreamChoice = Exclude<Selection, string[]>[string];

/** The names of the streams that are wanted; undefined: all. */
export function selectedNames(selection: Selection | undefined): ReadonlySet<string> | undefined {
  if (selection === undefined) return undefined;
  return new Set(Array.isArray(selection) ? selection : Object.keys(selection));
}

/**
 * The catalog with exactly these streams selected, in each of the ways that taps look at. Fails with MLR_SOURCE_FORMAT for
 * what is no catalog, and MLR_ARGUMENT_INVALID for a stream that it does not have.
 */
export function selectStreams(catalog: unknown, selection: Selection, command: string): Json {
  const streams = (catalog as { streams?: unknown } | null)?.streams;
  if (!Array.isArray(streams)) {
    throw new MillraceError("MLR_SOURCE_FORMAT", `the catalog of ${command} has no array of streams`, {
      hint: 'A catalog is { "streams": [ { "tap_stream_id": …, "schema": …, "metadata": [ … ] } ] }.',
    });
  }
  const entries = streams as Json[];
  const choices = new Map<string, StreamChoice>(
    Array.isArray(selection) ? selection.map((name) => [name, {}]) : Object.entries(selection),
  );
  const known = entries.flatMap(namesOf);
  for (const name of choices.keys()) if (!known.includes(name)) throw unknownStream(name, known, command);
  return {
    ...(catalog as Json),
    streams: entries.map((entry) => {
      const name = namesOf(entry).find((each) => choices.has(each));
      return withChoice(entry, name === undefined ? undefined : choices.get(name));
    }),
  };
}

function namesOf(entry: Json): string[] {
  return [entry["tap_stream_id"], entry["stream"]].filter((name) => typeof name === "string");
}

function withChoice(entry: Json, choice: StreamChoice | undefined): Json {
  const selected = choice !== undefined;
  const { replicationMethod: method, replicationKey: key, fields } = choice ?? {};
  const own = {
    selected,
    ...(method === undefined ? {} : { "replication-method": method }),
    ...(key === undefined ? {} : { "replication-key": key }),
  };
  const before = Array.isArray(entry["metadata"]) ? (entry["metadata"] as Json[]) : [];
  const rest = before.filter((each) => !isOf(each, []));
  const about = before.find((each) => isOf(each, []));
  const root: Json = { breadcrumb: [], metadata: { ...(about?.["metadata"] as Json | undefined), ...own } };
  return {
    ...entry,
    schema: { ...(entry["schema"] as Json | undefined), selected },
    selected,
    ...(method === undefined ? {} : { replication_method: method }),
    ...(key === undefined ? {} : { replication_key: key }),
    metadata: [root, ...(fields === undefined ? rest : withFields(entry, rest, fields))],
  };
}

/** Fields that the tap sends in any case stay as they are. */
function withFields(entry: Json, metadata: readonly Json[], fields: readonly string[]): Json[] {
  const properties = Object.keys((entry["schema"] as { properties?: Json } | undefined)?.properties ?? {});
  const names = new Set([...properties, ...fields]);
  const others = metadata.filter((each) => ![...names].some((name) => isOf(each, ["properties", name])));
  return [
    ...others,
    ...[...names].map((name) => {
      const breadcrumb = ["properties", name];
      const known = metadata.find((each) => isOf(each, breadcrumb))?.["metadata"] as Json | undefined;
      return { breadcrumb, metadata: { ...known, selected: fields.includes(name) } };
    }),
  ];
}

function isOf(entry: Json, breadcrumb: readonly string[]): boolean {
  const own = entry["breadcrumb"];
  return (
    Array.isArray(own) && own.length === breadcrumb.length && own.every((part, at) => part === breadcrumb[at])
  );
}

function unknownStream(name: string, known: readonly string[], command: string): MillraceError {
  const guess = nearest(name, known);
  const some = [...new Set(known)];
  const listed = `Its streams: ${some.slice(0, 30).join(", ")}${some.length > 30 ? ", …" : ""}.`;
  return new MillraceError("MLR_ARGUMENT_INVALID", `${command} has no stream "${name}"`, {
    hint: guess === undefined ? listed : `Did you mean "${guess}"?`,
    details: { stream: name },
  });
}
