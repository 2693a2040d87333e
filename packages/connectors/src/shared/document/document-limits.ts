import { z } from "zod";

/** What a document may take. Beyond it reading fails with MLR_SOURCE_LIMIT. */
export const documentLimits = z.strictObject({
  /** Most pages. Default 10,000. */
  pages: z.number().int().positive().default(10_000),
  /** Largest file, in bytes. Default 512 MiB. */
  bytes: z
    .number()
    .int()
    .positive()
    .default(512 * 1024 ** 2),
  /** Longest time for one page, and for opening the document. Default 60,000 ms. */
  pageMs: z.number().int().positive().default(60_000),
  /** Most memory for reading it, in MiB. Default 1,024. */
  memoryMb: z.number().int().min(64).default(1_024),
  /** Most objects that the file may declare. Default 2,000,000. */
  objects: z.number().int().positive().default(2_000_000),
  /** Most pixels of a page image. Default 100,000,000. */
  pixels: z.number().int().positive().default(100_000_000),
  /** Most bytes that may come out of what is packed in it. Default 1 GiB. */
  unpackedBytes: z
    .number()
    .int()
    .positive()
    .default(1024 ** 3),
});

/** Limits, as they are written: what is left out has its default. */
export type DocumentLimits = z.input<typeof documentLimits>;
/** Limits with the defaults filled in. */
export type ResolvedDocumentLimits = z.output<typeof documentLimits>;
