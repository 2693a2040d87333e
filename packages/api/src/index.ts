export { type Installation, openInstallation, type OpenInstallation } from "./installation.ts";
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
export type { OidcOptions } from "./auth/oidc/oidc-options.ts";
export { readOidcRoles } from "./auth/oidc/read-oidc-roles.ts";
export { openApiDocument } from "./server/open-api-document.ts";
export { openApi, type OpenApiOptions, type OpenedApi } from "./server/open-api.ts";
