import { MillraceError } from "@millrace/core";

const SIGNATURES: readonly (readonly [text: string, what: string, hint: string])[] = [
  [
    "PK\u0003\u0004",
    "a ZIP archive or an Excel workbook",
    "Read workbooks with excel(…); name archives so that they end in .zip; those inside of archives are not read.",
  ],
  ["PAR1", "a Parquet file", "Read it with parquet(…)."],
  ["%PDF-", "a PDF document", "Read its text with a source for PDF."],
  ["\u00d0\u00cf\u0011\u00e0", "an old Excel workbook (.xls)", "Save it as .xlsx and read it with excel(…)."],
  ["SQLite format 3\u0000", "a SQLite database", "Read its tables with a source for databases."],
  ["BZh", "bzip2 data", "Unpack it first, or pack it with gzip."],
  ["\u00fd7zXZ\u0000", "xz data", "Unpack it first, or pack it with gzip."],
  ["\u0028\u00b5\u002f\u00fd", "zstd data", "Unpack it first, or pack it with gzip."],
];

/** Fails with MLR_SOURCE_FORMAT where what should be text starts like a well-known binary format. */
export function refuseBinary(head: Buffer, file: string, kind: string): void {
  const start = head.toString("latin1", 0, 16);
  const found = SIGNATURES.find(([signature]) => start.startsWith(signature));
  if (found === undefined || (found[0] === "BZh" && !/^BZh[1-9]1AY&SY/.test(start))) return;
  throw new MillraceError("MLR_SOURCE_FORMAT", `${file} is ${found[1]}, not ${kind}`, {
    hint: found[2],
    details: { file },
  });
}
