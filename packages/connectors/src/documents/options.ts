import { availableParallelism } from "node:os";
import { z } from "zod";
import { documentLimits } from "../shared/document/document-limits.ts";
import type { DocumentType } from "../shared/document/fields/document-type.ts";
import type { OcrOptions } from "../shared/document/ocr/ocr-engine.ts";
import { duration } from "../shared/http/option-types.ts";
import type { InboxFile } from "./folder/inbox-file.ts";
import type { StageDocument } from "./stage-document.ts";
import type { Stage } from "./stages/define-stage.ts";
import type { StreamRows } from "./store/store.ts";

const patterns = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** Options of `documents()`. */
export const documentsOptions = z.strictObject({
  /**
   * The folder that holds `inbox`, `processing`, `done` and `failed`, which are made where they are missing. Relative to the
   * project. All four have to be on one file system.
   */
  folder: z.string().min(1),
  /** Other places for some of the four. Relative to `folder`. */
  folders: z
    .strictObject({
      inbox: z.string().min(1).default("inbox"),
      processing: z.string().min(1).default("processing"),
      done: z.string().min(1).default("done"),
      failed: z.string().min(1).default("failed"),
    })
    .prefault({}),
  /** Files that are taken, such as `"*.pdf"`. Default: all but hidden ones and those that end in `.part`, `.tmp` or `.crdownload`. */
  include: patterns.default("*"),
  /** Files that stay where they are. Default: none. */
  exclude: patterns.optional(),
  /** Folders in the inbox are looked into as well. Default false. */
  recursive: z.boolean().default(false),
  /** Goes on until it is stopped. Default false: ends when nothing is in the inbox any more. */
  watch: z.boolean().default(false),
  /** How often the inbox is looked at, which works on network drives as well. Default 1 second. */
  poll: duration.default("1 second"),
  /** How long size and time of a file have to stay the same before it is taken. Default 2 seconds. */
  stableFor: duration.default("2 seconds"),
  /** Files of a higher priority go first; others in the order of their times. Default 0 for all. */
  priority: z
    .custom<(file: InboxFile) => number>((value) => typeof value === "function", {
      message: "must be a function of the file",
    })
    .optional(),
  /** Kinds of documents with their fields, made by `documentType()`: the one that matches best counts. Default: none. */
  types: z
    .array(
      z.custom<DocumentType>((value) => typeof value === "object" && value !== null && "extract" in value, {
        message: "must be made by documentType()",
      }),
    )
    .default([]),
  /** Stages of your own, made by `defineStage()`: in place of those that are there, or behind them. Default: none. */
  stages: z
    .array(
      z.custom<Stage>(
        (value) => typeof value === "object" && value !== null && "run" in value && "topic" in value,
        {
          message: "must be made by defineStage()",
        },
      ),
    )
    .default([]),
  /**
   * What lands of a document. Default: a row on the stream of its type with its values, and one on `<type>_<table>` for each
   * line of its tables; documents without a type give a row with their text on `documents`.
   */
  rows: z
    .custom<(document: StageDocument) => readonly StreamRows[] | Promise<readonly StreamRows[]>>(
      (value) => typeof value === "function",
      { message: "must be a function of the document" },
    )
    .optional(),
  /** Documents whose confidence is below wait for a person. false: none do. Default `{ below: 0.8 }`. */
  review: z
    .union([z.literal(false), z.strictObject({ below: z.number().min(0).max(1).default(0.8) })])
    .prefault({}),
  /** How text is recognised on pages that have none. false: not at all. Default: `eng`, by the engine that is installed. */
  ocr: z
    .union([z.literal(false), z.custom<OcrOptions>((value) => typeof value === "object" && value !== null)])
    .prefault({}),
  /** What a document may take. */
  limits: documentLimits.prefault({}),
  /** Of encrypted documents: the first that opens one counts. Default: none. */
  passwords: z.array(z.string().min(1)).default([]),
  /** Documents that are worked on at the same time. Default: twice the processors, at least 4. */
  concurrency: z
    .number()
    .int()
    .positive()
    .default(Math.max(4, 2 * availableParallelism())),
  /** Pages that are drawn and recognised at the same time, over all documents. */
  pages: z
    .strictObject({
      /** Default: the processors. */
      atOnce: z.number().int().positive().default(availableParallelism()),
      /** Memory that their pictures take together, in MiB; a page that needs more goes alone. Default 1,024. */
      memoryMb: z.number().int().min(16).default(1_024),
    })
    .prefault({}),
  /** Attempts of a stage whose error may pass. Default 3. */
  attempts: z.number().int().positive().default(3),
  /** Delay before the second attempt, doubled with each further one. Default 2 seconds. */
  retryDelay: duration.default("2 seconds"),
  /** A document whose content came before: `skip` puts it with those that are done, `land` lands it again. Default `skip`. */
  duplicates: z.enum(["skip", "land"]).default("skip"),
  /** How long what stages found is kept after a document ended, so that it can be done again from the middle. Default 30 days. */
  keep: duration.default("30 days"),
});

/** Options of `documents()`, as they are written. */
export type DocumentsOptions = z.input<typeof documentsOptions>;
/** Options with the defaults filled in. */
export type ResolvedDocumentsOptions = z.output<typeof documentsOptions>;
