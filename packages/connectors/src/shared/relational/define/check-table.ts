import { MillraceError, type ColumnType } from "@millrace/core";
import type { RelationalDialect } from "../relational-dialect.ts";
import { metadataColumns } from "./metadata-columns.ts";
import type { PlacedTable } from "./placed-table.ts";
import type { CurrentTable } from "./current-table.ts";

/** Types that are too long for an index, or whose values have no order: no good as a key. */
const NO_KEYS: readonly ColumnType["kind"][] = ["json", "interval", "array"];

/** Refuses definitions that no table could have. Fails with MLR_SCHEMA_INVALID. */
export function checkDefinition(dialect: RelationalDialect, table: PlacedTable): void {
  const { name, mode, key, columns, discriminator } = table;
  const fail = (problem: string, hint: string): never => {
    throw new MillraceError("MLR_SCHEMA_INVALID", `table "${name}": ${problem}`, {
      hint,
      details: { table: name },
    });
  };
  const own = dialect.stateTable("pipelines", table.namespace);
  if (own.namespace === table.namespace && isStateName(dialect, table))
    fail("tables of that name are for the state of Millrace alone", "Choose another name.");
  const reserved = new Set(metadataColumns(dialect, table).map((column) => column.name));
  for (const column of columns) {
    if (reserved.has(column.name))
      fail(`Millrace has a column "${column.name}" of its own`, "Rename yours with rename().");
  }
  if ((mode === "merge" || mode === "upsert") && key.length === 0)
    fail(`mode ${mode} needs a key`, 'Name the columns that identify a row: key: ["id"].');
  for (const part of key) {
    const column = columns.find((each) => each.name === part);
    if (column === undefined)
      return fail(`it has no column "${part}", which is in its key`, "Correct the key.");
    if (mode !== "append" && NO_KEYS.includes(column.type.kind))
      fail(`column "${part}" of type ${column.type.kind} cannot be in a key`, "Declare it as text.");
  }
  if (discriminator !== undefined && !key.includes(discriminator.column))
    fail(`the discriminator "${discriminator.column}" is not in the key`, "Add it to the key.");
}

/**
 * Refuses a table that another pipeline owns, unless both say by a discriminator which rows are theirs.
 * Fails with MLR_TABLE_OWNED.
 */
export function checkOwner(table: PlacedTable, current: CurrentTable, pipeline: string): void {
  if (table.internal === true) return;
  for (const owner of current.owners) {
    if (owner.pipeline === pipeline) continue;
    const mine = table.discriminator;
    const theirs = owner.definition.discriminator;
    if (mine !== undefined && mine.column === theirs?.column && mine.value !== theirs.value) continue;
    const shared = mine !== undefined && mine.column === theirs?.column;
    throw new MillraceError(
      "MLR_TABLE_OWNED",
      shared
        ? `the rows of table "${table.name}" with ${mine.column} = "${mine.value}" belong to pipeline "${owner.pipeline}"`
        : `table "${table.name}" belongs to pipeline "${owner.pipeline}"`,
      {
        hint: "Write to another table, or give both pipelines a discriminator column that is part of the key.",
        details: { table: table.name, owner: owner.pipeline },
      },
    );
  }
}

/**
 * Refuses a table that exists and is not what the mode needs. Fails with MLR_SCHEMA_MISMATCH, saying what differs.
 * @param of the pipeline, and whether the table holds no row.
 */
export function checkFits(
  dialect: RelationalDialect,
  table: PlacedTable,
  current: CurrentTable,
  of: { readonly pipeline: string; readonly empty: boolean },
): void {
  const metadata = metadataColumns(dialect, table).map(({ name }) => name);
  const problems = [
    ...stored(table, current, of.pipeline),
    ...shape(table, current),
    ...(current.owners.length === 0
      ? adoption(table, current, { metadata, empty: of.empty })
      : missing(metadata, current)),
  ];
  if (problems.length === 0) return;
  throw new MillraceError(
    "MLR_SCHEMA_MISMATCH",
    `table "${table.namespace}.${table.name}" exists and does not fit: ${problems.join("; ")}`,
    {
      hint: "Choose another table with the option name, or change this one so that it fits.",
      details: { table: table.name, problems },
    },
  );
}

function stored(table: PlacedTable, current: CurrentTable, pipeline: string): string[] {
  const before = (current.owners.find((owner) => owner.pipeline === pipeline) ?? current.owners[0])
    ?.definition;
  if (before === undefined) return [];
  const problems: string[] = [];
  if (before.mode !== table.mode) problems.push(`it is written in mode ${before.mode}, not ${table.mode}`);
  if (!sameSet(before.key, table.key))
    problems.push(`its key is (${before.key.join(", ")}), not (${table.key.join(", ")})`);
  const [had, wants] = [calendarOf(before), calendarOf(table)];
  if (table.mode === "snapshot" && had !== wants)
    problems.push(`it has a snapshot per ${had}, not per ${wants}`);
  return problems;
}

function calendarOf({ snapshot }: Pick<PlacedTable, "snapshot">): string {
  return `${snapshot?.every ?? "day"} in ${snapshot?.timeZone ?? "UTC"}`;
}

function shape(table: PlacedTable, { description }: CurrentTable): string[] {
  if (description === undefined) return [];
  const problems: string[] = [];
  if (description.kind !== "table") problems.push(`it is a ${description.kind}, not a table`);
  const unique = table.mode === "snapshot" ? [...table.key, "_snapshot"] : table.key;
  const needsKey = table.key.length > 0 && ["merge", "upsert", "snapshot"].includes(table.mode);
  if (needsKey && ![description.primaryKey, ...description.unique].some((each) => sameSet(each, unique)))
    problems.push(`no primary key or unique constraint is on exactly (${unique.join(", ")})`);
  return problems;
}

/** Nobody has written it so far: what it holds has to be nothing, or ours. */
function adoption(
  table: PlacedTable,
  current: CurrentTable,
  { metadata, empty }: { readonly metadata: readonly string[]; readonly empty: boolean },
): string[] {
  const { description } = current;
  if (description === undefined || table.internal === true) return [];
  const problems: string[] = [];
  const there = new Map(description.columns.map((column) => [column.name, column]));
  const ours = metadata.length > 0 && metadata.every((name) => there.has(name));
  if (!empty && !ours) problems.push("it holds rows that Millrace did not write");
  const wanted = new Set([...table.columns.map(({ name }) => name), ...metadata]);
  for (const column of description.columns) {
    if (!wanted.has(column.name) && !column.nullable && !column.hasDefault && !column.generated)
      problems.push(`column "${column.name}" is NOT NULL, has no default, and is not among those written`);
  }
  return problems;
}

/** It was written before: somebody else may have taken away from it since. */
function missing(metadata: readonly string[], { description }: CurrentTable): string[] {
  if (description === undefined) return [];
  const there = new Set(description.columns.map(({ name }) => name));
  return metadata.filter((name) => !there.has(name)).map((name) => `column "${name}" is gone`);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}

/** Whether a table has the name of one that Millrace keeps its state in. */
function isStateName(dialect: RelationalDialect, { name, namespace }: PlacedTable): boolean {
  const sample = dialect.stateTable("pipelines", namespace).name;
  const prefix = sample.slice(0, -"pipelines".length);
  return prefix === "" ? true : name.startsWith(prefix);
}
