import { parseOptions, type Row } from "@millrace/core";
import { z } from "zod";

const name = z.string().min(1).max(200);

const codebookOptions = z
  .strictObject({
    /** The table that holds the codes. Default: the file's name. */
    table: name.optional(),
    /** Database schema. Default: the database's own. */
    namespace: name.optional(),
    /** Columns that identify a code. Default: the first column of the first row. */
    key: z.array(z.string().min(1)).min(1).optional(),
    /** Declared types: column → type such as `text` or `numeric(5,2)`. The others are inferred. */
    columns: z.record(z.string(), z.string()).optional(),
    /** The codes themselves: one object each. Either these or `file`. */
    rows: z.array(z.record(z.string(), z.unknown())).optional(),
    /** A CSV or JSON file with the codes, from the folder of this file on. It is then no codebook of its own. */
    file: z.string().min(1).optional(),
    /** Largest share of the codes that one change may remove; applied from 100 codes up. Default 0.5. */
    maxRemovedShare: z.number().min(0).max(1).optional(),
  })
  .refine((given) => (given.rows === undefined) !== (given.file === undefined), {
    message: 'needs either rows: [ … ] or file: "….csv"',
  });

/** Options of `codebook()`, as users write them. */
export type CodebookOptions = Omit<z.input<typeof codebookOptions>, "rows"> & {
  readonly rows?: readonly Row[];
};

/** What a file under `codebooks/` exports. */
export interface Codebook extends z.output<typeof codebookOptions> {
  readonly codebook: true;
}

/**
 * A list of codes (countries, units, states of an order) for `millrace deploy-tables`: `export default codebook({ … })` in
 * `codebooks/<name>.ts`. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example export default codebook({ key: ["code"], rows: [{ code: "kg", name: "kilogram" }] })
 */
export function codebook(options: CodebookOptions): Codebook {
  return Object.freeze({ ...parseOptions(codebookOptions, options, "codebook()"), codebook: true });
}

/** True for what `codebook` returns. */
export function isCodebook(value: unknown): value is Codebook {
  return typeof value === "object" && value !== null && "codebook" in value;
}
