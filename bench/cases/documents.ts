import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { pdf } from "@millrace/connectors/pdf";
import { recognise, tesseract } from "@millrace/connectors/ocr";
import { readContext } from "@millrace/core/testing";
import { round, type Measured } from "../lib/result.ts";
import { interleave } from "../lib/rounds.ts";

/** Of Debian's package libtasn1-doc; another document by BENCH_PDF. */
const DOCUMENT = process.env["BENCH_PDF"] ?? "/usr/share/doc/libtasn1-doc/libtasn1.pdf";
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const fromConnectors = createRequire(new URL("../../packages/connectors/package.json", import.meta.url));
/** Pages that are recognised. */
const SCANS = Number(process.env["BENCH_SCANS"] ?? 4);

/** Text of a real PDF against a bare loop of PDF.js, and recognition of its pages against Tesseract alone. */
export async function measure(): Promise<Measured[]> {
  return [await text(), await recognition()];
}

async function text(): Promise<Measured> {
  let pages = 0;
  const seconds = await interleave(
    [
      { name: "ours", work: async () => void (pages = (await rowsOf({})).length) },
      { name: "bare", work: bareText },
    ],
    ROUNDS,
  );
  const [ours, bare] = [pages / (seconds["ours"] ?? Number.NaN), pages / (seconds["bare"] ?? Number.NaN)];
  return {
    name: "pdf text",
    work: `${pages} pages of ${DOCUMENT}, pages per second; ours gives words with boxes and lines too, from a thread of its own; the peer is PDF.js's text in a loop`,
    ours: round(ours, 0),
    peers: { "pdf.js": round(bare, 0) },
    ratio: round(ours / bare),
    goal: ">= 0.9",
    peakMemoryMb: null,
  };
}

async function rowsOf(over: { imageDpi?: number; pages?: string }): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for await (const message of pdf({ path: DOCUMENT, ...over }).read(readContext({}))) {
    if (message.type === "rows") rows.push(...message.rows);
  }
  return rows;
}

/** What is used of PDF.js, which the connectors bring. */
interface BarePdf {
  getDocument(options: { data: Uint8Array; verbosity: number }): {
    readonly promise: Promise<{
      readonly numPages: number;
      getPage(number: number): Promise<{ getTextContent(): Promise<unknown>; cleanup(): void }>;
    }>;
    destroy(): Promise<void>;
  };
}

async function bareText(): Promise<void> {
  const { getDocument } = fromConnectors("pdfjs-dist/legacy/build/pdf.mjs") as BarePdf;
  const loading = getDocument({ data: new Uint8Array(await readFile(DOCUMENT)), verbosity: 0 });
  const document = await loading.promise;
  for (let number = 1; number <= document.numPages; number++) {
    const page = await document.getPage(number);
    await page.getTextContent();
    page.cleanup();
  }
  await loading.destroy();
}

async function recognition(): Promise<Measured> {
  const rows = await rowsOf({ imageDpi: 200, pages: `1-${SCANS}` });
  const images = rows.map(({ image }) => image as Uint8Array);
  const engines = [tesseract()];
  const seconds = await interleave(
    [
      {
        name: "ours",
        work: async () =>
          void (await Promise.all(images.map((png) => recognise(png, { engines, prepare: false })))),
      },
      { name: "bare", work: () => bareTesseract(images) },
    ],
    1,
  );
  const rate = (name: string): number => (images.length / (seconds[name] ?? Number.NaN)) * 60;
  return {
    name: "ocr",
    work: `${images.length} pages by native Tesseract, ${availableParallelism()} at a time, pages per minute`,
    ours: round(rate("ours"), 1),
    peers: { tesseract: round(rate("bare"), 1) },
    ratio: round(rate("ours") / rate("bare")),
    goal: ">= 0.9",
    peakMemoryMb: null,
  };
}

/** A process for each core, one page after the other in each. */
async function bareTesseract(images: readonly Uint8Array[]): Promise<void> {
  const left = [...images];
  const work = async (): Promise<void> => {
    for (let png = left.shift(); png !== undefined; png = left.shift()) await runOne(png);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
}

function runOne(png: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("tesseract", ["stdin", "stdout", "-l", "eng", "tsv"], {
      env: { ...process.env, OMP_THREAD_LIMIT: "1" },
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.on("error", reject);
    child.on("close", () => resolve());
    child.stdin.end(png);
  });
}
