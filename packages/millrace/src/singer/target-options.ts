import { tableOptions } from "@millrace/core";
import { z } from "zod";

const name = z.string().min(1);

/** The configuration of `millrace singer-target`; names that Meltano's targets have too mean the same. */
export const targetOptions = z.strictObject({
  /** Connection URL of the PostgreSQL database to land in. Default: the project's default database. */
  database_url: z
    .string()
    .regex(/^postgres(ql)?:\/\/./, "must begin with postgresql://")
    .optional()
    .describe(
      "Connection URL of the PostgreSQL database to land in. Default: the project's default database, which may be the embedded one.",
    ),
  /** Where else to land: a database that `databases` in millrace.config.ts names, or a pipeline of the project whose destination is used. Not together with database_url. */
  destination: name
    .optional()
    .describe(
      "Where else to land: a database that `databases` in millrace.config.ts names, or a pipeline of the project whose destination is used. Not together with database_url.",
    ),
  /** Under which name runs are recorded and tables owned; give each tap its own, so that their runs do not wait for each other. Default `singer`. */
  name: name
    .default("singer")
    .describe(
      "Under which name runs are recorded and tables owned. Give each tap its own, so that their runs do not wait for each other.",
    ),
  /** Database schema of the tables. Default: the destination's own. */
  default_target_schema: name
    .optional()
    .describe("Database schema of the tables. Default: the destination's own."),
  /** append-only inserts every record; upsert merges by the stream's key, with history, and inserts where there is no key; overwrite replaces each table when the tap has ended. Default `upsert`. */
  load_method: z
    .enum(["append-only", "upsert", "overwrite"])
    .default("upsert")
    .describe(
      "append-only inserts every record. upsert merges by the stream's key, keeping history, and inserts where there is no key. overwrite replaces each table when the tap has ended.",
    ),
  /** What ACTIVATE_VERSION does to rows of older versions under upsert: deletes them (true), or moves them to the history (false). Default false. */
  hard_delete: z
    .boolean()
    .default(false)
    .describe(
      "What ACTIVATE_VERSION does under upsert to rows of older versions: true deletes them, false moves them to the table's history.",
    ),
  /** False: ACTIVATE_VERSION is passed over, and nothing is removed. Default true. */
  process_activate_version_messages: z
    .boolean()
    .default(true)
    .describe("false: ACTIVATE_VERSION is passed over, and nothing is removed."),
  /** Largest share of a table's live rows that one ACTIVATE_VERSION may remove; beyond it the run fails. Default 0.5. */
  max_removed_share: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe(
      "Largest share of a table's live rows that one ACTIVATE_VERSION may remove; beyond it the run fails.",
    ),
  /** Adds `_sdc_extracted_at`, `_sdc_received_at`, `_sdc_batched_at`, `_sdc_sequence` and `_sdc_table_version` to each row. Under upsert every record then counts as updated. Default false. */
  add_record_metadata: z
    .boolean()
    .default(false)
    .describe(
      "Adds _sdc_extracted_at, _sdc_received_at, _sdc_batched_at, _sdc_sequence and _sdc_table_version to each row. Under upsert every record then counts as updated.",
    ),
  /** Replaces NUL characters, which databases refuse in text, with U+FFFD. Otherwise such rows go to the quarantine. Default false. */
  sanitize_null_text_characters: z
    .boolean()
    .default(false)
    .describe(
      "Replaces NUL characters, which databases refuse in text, with U+FFFD. Otherwise such rows go to the table's quarantine.",
    ),
  /** Options of single streams' tables: stream → name, namespace, key, mode, columns, contract, removals and so on. Default: none. */
  tables: z
    .record(name, tableOptions.partial())
    .default({})
    .describe(
      "Options of single streams' tables: stream → name, namespace, key, mode, columns, contract, removals …",
    ),
  /** Rows after which the next STATE commits. Default 500,000. */
  batch_size_rows: z
    .number()
    .int()
    .positive()
    .default(500_000)
    .describe("Rows after which the next STATE commits."),
  /** Seconds after which the next STATE commits. Default 30. */
  batch_wait_limit_seconds: z
    .number()
    .positive()
    .default(30)
    .describe("Seconds after which the next STATE commits."),
  /** Longest message in bytes. Default 64 MiB. */
  max_line_bytes: z
    .number()
    .int()
    .positive()
    .default(64 * 1024 ** 2)
    .describe("Longest message in bytes."),
});

/** The configuration with its defaults filled in. */
export type TargetOptions = z.output<typeof targetOptions>;
