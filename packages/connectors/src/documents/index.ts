import { parseOptions, type Source, systemClock } from "@millrace/core";
import { documentsSource } from "./documents-source.ts";
import { documentsOptions, type DocumentsOptions } from "./options.ts";

export type { Box } from "../shared/document/box.ts";
export type { DocumentText, PageText, Word } from "../shared/document/document-text.ts";
export type {
  DocumentType,
  ExtractedFields,
  FieldProblem,
  FieldValue,
} from "../shared/document/fields/document-type.ts";
export type { InboxFile } from "./folder/inbox-file.ts";
export type { DocumentsOptions } from "./options.ts";
export type {
  DocumentFacts,
  DocumentValue,
  DocumentValues,
  StageDocument,
  ValuePlace,
} from "./stage-document.ts";
export {
  defineStage,
  type Stage,
  type StageContext,
  type StageFunction,
  type StageOptions,
} from "./stages/define-stage.ts";
export type { StreamRows } from "./store/store.ts";

/**
 * Documents from a folder: each file that is put into its inbox is taken once, goes through stages (received, classified,
 * text, ocr, entities, extracted, checked, landed, archived), lands exactly once, and is put with those that are done, or
 * with those that failed beside the reason. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example documents({ folder: "invoices", types: [invoice], watch: true })
 */
export function documents(options: DocumentsOptions): Source {
  return documentsSource(parseOptions(documentsOptions, options, "documents()"), systemClock);
}
