import { type Resolved, secretText } from "@millrace/core";
import { z } from "zod";

/** Bytes of encoded rows that are sent at once by default. */
const BATCH_BYTES = 16 * 1024 * 1024;

const tableExtras = z.strictObject({
  /** upsert and merge: the column whose greater value wins, such as `updated_at`: an older row never replaces a newer one, it counts as unchanged. Default: the row that comes later wins. */
  version: z.string().min(1).optional(),
  /** Text columns with few different values, stored as LowCardinality(String) where the server has it (19.1 or newer). Default: none. */
  lowCardinality: z.array(z.string().min(1)).optional(),
});

/** Options of `clickhouse()`. Host, port, user, password and database may also come from the settings CLICKHOUSE_HOST, CLICKHOUSE_PORT, CLICKHOUSE_USER, CLICKHOUSE_PASSWORD and CLICKHOUSE_DATABASE; what is given here wins. */
export const clickhouseOptions = z.strictObject({
  /** Address of the HTTP interface, such as `https://user:password@host:8443/database`, or `secret("name")`. Default: made of the options below. */
  url: secretText(
    z
      .string()
      .regex(
        /^https?:\/\//,
        "must begin with http:// or https:// (ClickHouse's HTTP interface, port 8123 or 8443)",
      ),
  ).optional(),
  /** Name or address of the server. Default CLICKHOUSE_HOST, otherwise `localhost`. */
  host: z.string().min(1).optional(),
  /** Port of the HTTP interface, not the native one (9000). Default CLICKHOUSE_PORT, otherwise 8123. */
  port: z.number().int().min(1).max(65_535).optional(),
  /** Default CLICKHOUSE_USER, otherwise `default`. */
  user: z.string().min(1).optional(),
  /** Secret, most often `secret("name")`; never shown. Default CLICKHOUSE_PASSWORD, otherwise none. */
  password: secretText(z.string()).optional(),
  /** Database of tables that name none. Default CLICKHOUSE_DATABASE, otherwise `default`. Created where it does not exist. */
  database: z.string().min(1).optional(),
  /** What ClickHouse alone can do, by table. */
  tables: z.record(z.string().min(1), tableExtras).default({}),
  /** Encoded rows are sent in pieces of this many bytes. Default 16 MiB; larger pieces make fewer parts and take more memory. */
  batchBytes: z.number().int().min(65_536).max(1_073_741_824).default(BATCH_BYTES),
  /** Milliseconds that one statement may take. Default 600,000 (10 minutes). */
  timeoutMs: z.number().int().min(1).max(2_147_483_647).default(600_000),
  /** Whether rows are compressed on their way (gzip): worth it on slow networks only. Default false. */
  compression: z.boolean().default(false),
});

/** Options of `clickhouse()`, as users write them. */
export type ClickHouseOptions = z.input<typeof clickhouseOptions>;
/** The same, checked, with the defaults and the secrets. */
export type ResolvedClickHouseOptions = Resolved<z.output<typeof clickhouseOptions>>;
/** What ClickHouse alone can do for one table. */
export type TableExtras = z.output<typeof tableExtras>;
