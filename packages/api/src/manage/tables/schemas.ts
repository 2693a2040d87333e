import { BROWSE_OPERATORS, BROWSED_ROWS } from "@millrace/core";
import { z } from "zod";
import { PageQuery, pageOf } from "../../server/page.ts";
import { Instant } from "../../server/timestamps.ts";

/** The run that changed a table last, and what it did there. */
export const TableRun = z.object({
  id: z.uuid(),
  pipeline: z.string(),
  status: z.string(),
  finishedAt: Instant.nullable(),
  inserted: z.number(),
  updated: z.number(),
  removed: z.number(),
  rejected: z.number(),
});

/** A table that pipelines write. */
export const CollectedTable = z.object({
  id: z
    .string()
    .describe("As the other routes take it: the name, or `name@8f03a1c2` where several places have it."),
  table: z.string(),
  pipelines: z.array(z.string()),
  mode: z.string(),
  location: z.string().describe("Where it is, without passwords."),
  browsable: z.boolean().describe("Whether its rows can be read page by page."),
  bytes: z.number().nullable().describe("With its indexes, without its history and quarantine."),
  estimatedRows: z.number().nullable().describe("As its database estimates them; null where it does not."),
  lastRun: TableRun.nullable(),
});

/** A place that could not be asked for its tables. */
const UnreachablePlace = z.object({
  location: z.string(),
  pipelines: z.array(z.string()),
  code: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
});

/** Tables by name. */
export const TablesPage = pageOf(CollectedTable).extend({
  unreachable: z.array(UnreachablePlace).describe("Places whose tables are missing here, and why."),
});

/** Which tables are listed. */
export const TablesQuery = PageQuery.extend({
  search: z.string().max(200).optional().describe("Part of the name, whatever the case."),
  pipeline: z.string().max(200).optional(),
});

/** Names a table in a path. */
export const TableParams = z.object({ table: z.string().min(1).max(400) });

/** A column of a page of rows. */
const TableColumn = z.object({
  name: z.string(),
  type: z.string().describe("As Millrace names it, such as `numeric(12,2)`."),
  key: z.boolean(),
  own: z.boolean().describe("Added by Millrace, such as `_loaded_at`."),
});

/** One table. */
export const TableDetail = CollectedTable.extend({
  columns: z.array(TableColumn),
  removedRows: z.boolean().describe("Whether removed rows can be read."),
  estimatedQuarantined: z.number().nullable().describe("Rows in quarantine; null where that cannot be read."),
});

/** One condition on a column. */
export const RowFilter = z.object({
  column: z.string().min(1).max(200),
  operator: z.enum(BROWSE_OPERATORS),
  value: z.string().max(10_000).optional(),
});

/** Conditions in a query string. */
const Where = z
  .string()
  .max(20_000)
  .optional()
  .describe(
    'Conditions as JSON, such as [{"column":"price","operator":">=","value":"10"}]; all of them hold.',
  );

/** What selects rows. */
const Selection = z.object({
  of: z.enum(BROWSED_ROWS).default("live"),
  where: Where,
  sort: z.string().min(1).max(200).optional().describe("A column; default: the key."),
  descending: z.stringbool().default(false),
});

/** Which rows of a table. */
export const RowsQuery = Selection.extend({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  after: z.string().max(8_000).optional().describe("`next` of the page before; absent: the first page."),
});

/** Rows as arrays of values in the order of the columns. */
export const RowsPage = z.object({
  columns: z.array(TableColumn),
  rows: z.array(z.array(z.unknown())).describe("Whole numbers beyond 2^53 and numerics as text."),
  estimatedRows: z.number().nullable(),
  next: z.string().optional(),
});

/** Which row. */
export const HistoryQuery = z.object({
  key: z.string().max(8_000).describe('Its key as JSON, each value as text, such as {"id":"17"}.'),
});

/** One version of a row. */
const RowVersion = z.object({
  operation: z.enum(["current", "update", "remove"]).describe("How the version ended."),
  changed: z.array(z.string()).describe("Fields in which the version that followed differs."),
  run: z.string().nullable(),
  from: z.string().nullable(),
  to: z.string().nullable(),
  values: z.record(z.string(), z.unknown()),
});

/** Every version of a row, newest first. */
export const RowHistory = z.object({ versions: z.array(RowVersion) });

/** Between which two states. */
export const ChangesQuery = z.object({
  from: z.string().max(64).optional().describe("A run or an instant; default: the run before `to`."),
  to: z.string().max(64).optional().describe("A run or an instant; default: the last run that ended."),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
});

/** What happened to one row. */
const RowChange = z.object({
  operation: z.enum(["insert", "update", "remove"]),
  key: z.record(z.string(), z.unknown()),
  fields: z.record(z.string(), z.object({ before: z.unknown(), after: z.unknown() })),
});

/** What happened to the rows of a table between two runs. */
export const TableChanges = z.object({
  from: z.object({ run: z.uuid(), finishedAt: Instant.nullable() }),
  to: z.object({ run: z.uuid(), finishedAt: Instant.nullable() }),
  changes: z.array(RowChange),
  more: z.boolean().describe("There are more than `limit`."),
});

/** Which refused rows. */
export const QuarantineQuery = z.object({
  where: Where,
  limit: z.coerce.number().int().min(1).max(500).default(100),
  after: z.string().max(8_000).optional(),
});

/** A row that was refused. */
const QuarantinedRow = z.object({
  row: z.unknown().describe("As it was when it was refused."),
  code: z.string(),
  reason: z.string(),
  file: z.string().nullable(),
  line: z.number().nullable(),
  run: z.string().nullable(),
  rejectedAt: z.string().nullable(),
});

/** Refused rows, oldest first. */
export const QuarantinePage = pageOf(QuarantinedRow).extend({ estimatedRows: z.number().nullable() });

/** Which refused rows go through their pipeline again. */
export const ReprocessBody = z
  .object({
    where: z
      .array(RowFilter)
      .max(20)
      .optional()
      .describe("Conditions on the quarantine's columns; absent: all."),
    limit: z.number().int().min(1).optional().describe("At most so many, oldest first."),
    pipeline: z.string().max(200).optional().describe("Needed where several pipelines write the table."),
  })
  .default({});

/** The run that was queued. */
export const Reprocessed = z.object({ run: z.uuid(), pipeline: z.string() });

/** What is written into a file, and how. */
export const ExportQuery = Selection.extend({
  format: z.enum(["csv", "jsonl"]).default("csv"),
  columns: z.string().max(8_000).optional().describe('Names as JSON, such as ["id","price"]; default: all.'),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(100_000)
    .describe(
      "Rows at most; a line at the end of JSON Lines, and the trailer `x-millrace-more` of both, tell of more.",
    ),
  raw: z
    .stringbool()
    .default(false)
    .describe(
      "CSV: leave text that spreadsheets take for a formula as it is, instead of putting a ' before it.",
    ),
});
