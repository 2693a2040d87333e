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
  RowFilter,
  RowsPage,
  RowsQuery,
  TableChange,
  TableColumn,
  TableReader,
} from "./table-reader.ts";
