import type { ScalarType } from "@millrace/core";

/**
 * The SQL expression for the canonical text of a scalar, as the row hash has it, whatever the session's settings for
 * dates, intervals and bytea; undefined for json, which is not kept as text.
 * Dates that Millrace never writes (before year 1, after 9999, infinite) come out in PostgreSQL's own way.
 */
export function canonicalSqlText(expression: string, type: ScalarType): string | undefined {
  const value = `(${expression})`;
  switch (type.kind) {
    case "text":
      return value;
    case "boolean":
    case "smallint":
    case "integer":
    case "bigint":
    case "uuid":
    case "time":
      return `${value}::text`;
    case "numeric":
      return `trim_scale(${value})::text`;
    case "real":
    case "double":
      return `trim_scale(((${value})::double precision)::text::numeric)::text`;
    case "date":
      return within(value, "date", `to_char(${value}, 'YYYY-MM-DD')`);
    case "timestamp":
      return within(
        value,
        "timestamp",
        `to_char(${value}, 'YYYY-MM-DD') || CASE WHEN ${value}::time = '00:00' THEN '' ELSE ${clock(value)} END`,
      );
    case "timestamptz": {
      const utc = `(${value} AT TIME ZONE 'UTC')`;
      return within(utc, "timestamp", `to_char(${utc}, 'YYYY-MM-DD') || ${clock(utc)} || 'Z'`);
    }
    case "interval":
      return intervalText(value);
    case "bytea":
      return `'\\x' || encode(${value}, 'hex')`;
    case "json":
      return undefined;
  }
}

function within(value: string, type: "date" | "timestamp", text: string): string {
  return `CASE WHEN ${value} >= ${type} '0001-01-01' AND ${value} < ${type} '10000-01-01' THEN ${text} ELSE ${value}::text END`;
}

/** `THH:MM:SS[.f]`. */
function clock(value: string): string {
  return `to_char(${value}, '"T"HH24:MI:SS') || rtrim(to_char(${value}, '.US'), '0.')`;
}

function intervalText(value: string): string {
  const months = `(extract(year from ${value}) * 12 + extract(month from ${value}))`;
  const days = `extract(day from ${value})`;
  const seconds = `(extract(hour from ${value}) * 3600 + extract(minute from ${value}) * 60 + extract(second from ${value}))`;
  const part = (amount: string, before: string, unit: string): string =>
    `CASE WHEN ${amount} = 0 THEN '' ELSE '${before}' || trim_scale(${amount})::text || '${unit}' END`;
  const parts = [part(months, "", "M"), part(days, "", "D"), part(seconds, "T", "S")].join(" || ");
  const text = `'P' || coalesce(nullif(${parts}, ''), 'T0S')`;
  return `CASE WHEN isfinite(${value}) THEN ${text} ELSE ${value}::text END`;
}
