/** SQL of a `timestamptz` as answers give it: ISO 8601 in UTC, to the millisecond. */
export function instantSql(expression: string): string {
  return `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
