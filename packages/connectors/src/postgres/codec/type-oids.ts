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

/** Object ids of the arrays of these types. */
export const ARRAY_OIDS: Readonly<Record<ScalarKind, number>> = {
  boolean: 1000,
  bytea: 1001,
  bigint: 1016,
  smallint: 1005,
  integer: 1007,
  text: 1009,
  real: 1021,
  double: 1022,
  date: 1182,
  time: 1183,
  timestamp: 1115,
  timestamptz: 1185,
  interval: 1187,
  numeric: 1231,
  uuid: 2951,
  json: 3807,
};
