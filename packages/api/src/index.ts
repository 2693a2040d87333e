export type {
  BackfillReceipt,
  BackfillWishes,
  CommandKind,
  CommandReceipt,
  Operations,
  RunWishes,
} from "./operations.ts";
export type {
  CollectedTable,
  CollectedTables,
  QuarantinedRow,
  QuarantinePage,
  ReprocessWishes,
  RowFilter,
  RowsPage,
  RowsQuery,
  TableColumn,
  TableReader,
  UnreachablePlace,
} from "./table-reader.ts";
