/** Not a connector: what kinds of documents there are, and how their fields are found. */
export type { Anchor } from "../shared/document/fields/anchor.ts";
export { holds, sums, type Check } from "../shared/document/fields/check.ts";
export {
  chooseType,
  documentType,
  extractFields,
  type DocumentTypeOptions,
} from "../shared/document/fields/define.ts";
export type {
  DocumentType,
  ExtractedFields,
  FieldProblem,
  FieldValue,
} from "../shared/document/fields/document-type.ts";
export {
  after,
  below,
  near,
  optional,
  search,
  region,
  type Field,
  type Region,
} from "../shared/document/fields/field.ts";
export {
  code,
  date,
  matching,
  money,
  number,
  percent,
  text,
  type Kind,
} from "../shared/document/fields/kinds.ts";
export {
  table,
  type Column,
  type TableField,
  type TableFieldOptions,
} from "../shared/document/fields/table-field.ts";
export { readDocument } from "../shared/document/read-document.ts";
