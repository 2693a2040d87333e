import type { ScalarKind } from "@millrace/core";

/** Object ids of the built-in types, the same in every PostgreSQL. */
export const TYPE_OIDS: Readonly<Record<ScalarKind, number>> = {
  boolean: 16,
  bytea: 17,
  bigint: 20,
  smallint: 21,
  integer: 23,
  text: 25,
  real: 700,
  double: 701,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  timestamptz: 1184,
  interval: 1186,
  numeric: 1700,
  uuid: 2950,
  json: 3802,
};
