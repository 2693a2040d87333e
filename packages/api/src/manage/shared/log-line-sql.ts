import { instantSql } from "./instant-sql.ts";

/** SQL of `line` (millrace_control.logs) as `LogLine`, as JSON. */
export const LOG_ITEM = `(SELECT row_to_json(item) FROM (SELECT line.id, line.position, ${instantSql("line.at")} AS at,
  CASE line.level WHEN 10 THEN 'trace' WHEN 20 THEN 'debug' WHEN 40 THEN 'warn' WHEN 50 THEN 'error' WHEN 60 THEN 'fatal'
    ELSE 'info' END AS level,
  line.message, line.logger, line.stream, line.attempt, line.run, line.pipeline, line."group", line.worker, line.fields) AS item)`;

/** Most lines that one request looks through for those that it wants. */
export const LOOKED_THROUGH = 5_000;

/** Ranks of the levels in the table. */
export const LEVEL_RANK = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;
