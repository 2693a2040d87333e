import { z } from "zod";
import { compileRows } from "./compile-rows.ts";
import { MillraceError } from "@millrace/core";

/** What an answer is read as. */
export const format = z.enum(["auto", "json", "jsonl", "csv", "xml"]);
/** What an answer is read as. */
export type Format = z.output<typeof format>;

/** Where the rows are in a document: JSONPath (RFC 9535), or JMESPath. Checked when the options are. */
export const rowsPath = z
  .union([z.string().min(1), z.strictObject({ jmespath: z.string().min(1) })])
  .superRefine((path, context) => {
    try {
      compileRows(path);
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
    }
  });
