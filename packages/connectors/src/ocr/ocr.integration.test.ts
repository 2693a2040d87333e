import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDocument } from "../shared/document/open.ts";
import { makePdf } from "../../test/pdf/make-pdf.ts";
import { paddle, recognise, recognisePage, tesseract, tesseractJs, type OcrEngine } from "./index.ts";

const LINES = [
  "Invoice number 2026-0815 of the thirty first of January",
  "The quick brown fox jumps over the lazy dog near the river",
  "Payment is due within fourteen days without any deduction",
  "Please quote the number above whenever you write to us",
  "Total amount 1,234.50 including the value added tax",
];

let folder: string;
let page: Uint8Array;
let bytes: Uint8Array;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-test-"));
  bytes = await makePdf([
    (pen) => {
      for (const [index, line] of LINES.entries()) pen.write(line, 60, 100 + index * 40, 16);
    },
  ]);
  const document = await openDocument(bytes);
  page = (await document.image(1, 200)).png;
  await document.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Says in a title why its tests are skipped. */
function because(reason: string | undefined): string {
  return reason === undefined ? "" : `: ${reason}`;
}

const missing = await tesseract().unavailable();

describe.skipIf(missing !== undefined)(`native Tesseract${because(missing)}`, () => {
  test("reads a page of a PDF with boxes in its units and confidence", async () => {
    const document = await openDocument(bytes);
    const read = await recognisePage(document, 1);
    expect(read.text.split(/\n+/)).toEqual(LINES);
    expect(read).toMatchObject({
      engine: "tesseract",
      hasText: true,
      needsOcr: false,
      fallbacks: [],
      number: 1,
    });
    expect(read.confidence).toBeGreaterThan(0.85);
    const seen = await document.page(1);
    for (const text of ["Invoice", "dog", "1,234.50"]) {
      const [there, here] = [seen.words, read.words].map((words) => words.find((word) => word.text === text));
      expect(Math.abs((there?.x0 ?? 0) - (here?.x0 ?? 999))).toBeLessThan(4);
      expect(Math.abs((there?.y1 ?? 0) - (here?.y1 ?? 999))).toBeLessThan(6);
    }
    await document.close();
  });

  test("reads a page that leans and stands on its side, with boxes of the picture that was given", async () => {
    const crooked = await sharp(page).rotate(4, { background: "white" }).png().toBuffer();
    const turned = await sharp(crooked).rotate(90).png().toBuffer();
    const read = await recognise(turned);
    expect(read.text.split(/\n+/)).toEqual(LINES);
    const { width } = await sharp(turned).metadata();
    const first = read.words.find(({ text }) => text === "Invoice");
    const last = read.words.find(({ text }) => text === "Total");
    // On its side, the first line is at the right end.
    expect(first?.x0).toBeGreaterThan(width / 2);
    expect(first?.x0).toBeGreaterThan(last?.x0 ?? width);
    expect((first?.y1 ?? 0) - (first?.y0 ?? 0)).toBeGreaterThan((first?.x1 ?? 0) - (first?.x0 ?? 0));
  });

  test("reads a small, pale picture after it was enlarged and its contrast stretched", async () => {
    const pale = await sharp(page).resize({ width: 620 }).linear(0.25, 170).png().toBuffer();
    const read = await recognise(pale, { prepare: { binarise: true } });
    expect(read.text).toContain("quick brown fox");
  });

  test("tells of the language data that are missing", async () => {
    await expect(recognise(page, { engines: [tesseract()], languages: ["tlh"] })).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      hint: expect.stringContaining("language") as string,
    });
  });
});

describe.skipIf(process.platform === "win32")("an engine", () => {
  /** A program in place of Tesseract. */
  async function program(script: string): Promise<string> {
    const file = path.join(
      folder,
      `engine-${script.length}-${Math.abs(script.charCodeAt(script.length - 2))}.sh`,
    );
    await writeFile(file, `#!/bin/sh\n[ "$1" = --version ] && exit 0\n${script}\n`);
    await chmod(file, 0o755);
    return file;
  }
  const plain = { prepare: false } as const;

  test("that is killed is tried again", async () => {
    const mark = path.join(folder, "tried");
    const row = "5\t1\t1\t1\t1\t1\t1\t1\t9\t9\t95\tfound";
    const command = await program(`[ -e ${mark} ] || { touch ${mark}; kill -9 $$; }\nprintf '${row}\\n'`);
    const read = await recognise(page, { ...plain, engines: [tesseract({ command })] });
    expect(read.words).toMatchObject([{ text: "found", confidence: 0.95 }]);
  });

  test("that is killed again and again fails, and may be tried later", async () => {
    const command = await program("kill -9 $$");
    await expect(recognise(page, { ...plain, engines: [tesseract({ command })] })).rejects.toMatchObject({
      code: "MLR_SOURCE_FAILED",
      retry: "later",
    });
  });

  test("that never ends is ended", async () => {
    const command = await program("exec sleep 600");
    const engines = [tesseract({ command, timeoutMs: 300 })];
    await expect(recognise(page, { ...plain, engines })).rejects.toMatchObject({ code: "MLR_SOURCE_LIMIT" });
  });

  test("that has one thread alone is what Tesseract is run as", async () => {
    const command = await program(
      `printf '5\\t1\\t1\\t1\\t1\\t1\\t1\\t1\\t9\\t9\\t95\\t'; echo "$OMP_THREAD_LIMIT"`,
    );
    const read = await recognise(page, { ...plain, engines: [tesseract({ command })] });
    expect(read.text).toBe("1");
  });
});

describe("several engines", () => {
  const saying = (name: string, text: string, confidence: number): OcrEngine => ({
    name,
    unavailable: () => Promise.resolve(undefined),
    read: () => Promise.resolve({ text, words: [{ text, x0: 0, y0: 0, x1: 1, y1: 1, confidence }] }),
    close: () => Promise.resolve(),
  });
  const away: OcrEngine = { ...saying("away", "", 0), unavailable: () => Promise.resolve("not installed") };

  test("are tried until one is sure, and the surest one counts", async () => {
    const engines = [away, saying("first", "1O0.00", 0.4), saying("second", "100.00", 0.5)];
    const read = await recognise(page, { engines, prepare: false });
    expect(read).toMatchObject({ engine: "second", text: "100.00", confidence: 0.5 });
    expect(read.fallbacks).toEqual(["away: not installed", "first: confidence 0.40 is below 0.6"]);
    const sure = await recognise(page, { engines, prepare: false, minConfidence: 0.3 });
    expect(sure.engine).toBe("first");
  });

  test("repair numbers by the rules of their locale, and tell of it", async () => {
    const engines = [saying("first", "37.499.96", 0.9)];
    const read = await recognise(page, { engines, prepare: false, numbers: "en", page: 3 });
    expect(read).toMatchObject({
      text: "37,499.96",
      words: [{ text: "37,499.96" }],
      repaired: [{ from: "37.499.96", to: "37,499.96", page: 3 }],
    });
  });

  test("of which none can run are an error that says why", async () => {
    await expect(recognise(page, { engines: [away], prepare: false })).rejects.toMatchObject({
      code: "MLR_DRIVER_MISSING",
      message: expect.stringContaining("not installed") as string,
    });
  });
});

describe("tesseract.js", () => {
  test("reads with the data of a package, without fetching anything", async () => {
    const engine = tesseractJs();
    try {
      const read = await recognise(page, { engines: [engine] });
      expect(read.text.split(/\n+/)).toEqual(LINES);
      expect(read).toMatchObject({ engine: "tesseract.js" });
    } finally {
      await engine.close();
    }
  });

  test("tells of the package that a language needs", async () => {
    const engine = tesseractJs();
    await expect(recognise(page, { engines: [engine], languages: ["tlh"] })).rejects.toMatchObject({
      code: "MLR_DRIVER_MISSING",
      hint: "Install them: npm install @tesseract.js-data/tlh",
    });
    await engine.close();
  });
});

const noPaddle = await paddle().unavailable();

test.skipIf(noPaddle !== undefined)(`PaddleOCR reads a page${because(noPaddle)}`, async () => {
  const engine = paddle();
  const read = await recognise(page, { engines: [engine] });
  expect(read.text).toContain("quick brown fox");
  await engine.close();
});
