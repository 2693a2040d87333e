import { MillraceError } from "@millrace/core";
import type { Word } from "../document-text.ts";
import type { OpenDocument, PageImage } from "../open-document.ts";
import { tesseractJs } from "./engines/tesseract-js.ts";
import { tesseract } from "./engines/tesseract.ts";
import type { OcrEngine, OcrOptions, OcrWords, RecognisedPage, RepairedNumber } from "./ocr-engine.ts";
import { preparePicture, type PreparedPicture } from "./prepare/prepare-picture.ts";
import { repairNumber } from "./repair-number.ts";

/** What a picture is besides its options. */
export interface RecogniseOptions extends OcrOptions {
  /** Number of the page that it is. Default 1. */
  readonly page?: number;
}

/** Resolution at which pages are drawn to be recognised: what the engines were made for. */
const DPI = 300;

/**
 * Reads the words of a picture. Engines are tried in their order until one is sure enough; the surest result counts. Fails
 * with MLR_DRIVER_MISSING where no engine can run, and with the last engine's error where all of them fail.
 */
export async function recognise(
  image: Uint8Array | PageImage,
  options: RecogniseOptions = {},
): Promise<RecognisedPage> {
  const own = options.engines === undefined;
  const engines = options.engines ?? [tesseract(), tesseractJs()];
  try {
    return await withEngines(image, engines, options);
  } finally {
    if (own) for (const engine of engines) await engine.close();
  }
}

/** Reads the words of a document's page; boxes are in the units of the page. Fails as `recognise` does. */
export async function recognisePage(
  document: OpenDocument,
  page: number,
  options: OcrOptions = {},
): Promise<RecognisedPage> {
  const { rotation } = await document.page(page);
  const image = await document.image(page, DPI);
  return { ...(await recognise(image, { ...options, page })), rotation };
}

async function withEngines(
  image: Uint8Array | PageImage,
  engines: readonly OcrEngine[],
  options: RecogniseOptions,
): Promise<RecognisedPage> {
  const { minConfidence = 0.6 } = options;
  const picture = image instanceof Uint8Array ? await measured(image) : image;
  const fallbacks: string[] = [];
  let best: RecognisedPage | undefined;
  let failure: unknown;
  let missing = 0;
  for (const engine of engines) {
    options.signal?.throwIfAborted();
    const unavailable = await engine.unavailable();
    if (unavailable !== undefined) {
      fallbacks.push(`${engine.name}: ${unavailable}`);
      missing++;
      continue;
    }
    try {
      const page = await oneEngine(picture, engine, options);
      if (best === undefined || page.confidence > best.confidence) best = page;
      if (page.confidence >= minConfidence) break;
      fallbacks.push(`${engine.name}: confidence ${page.confidence.toFixed(2)} is below ${minConfidence}`);
    } catch (error) {
      if (options.signal?.aborted === true) throw error;
      failure = error;
      fallbacks.push(`${engine.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (best !== undefined) {
    // The engine whose result counts is no fallback.
    const others = fallbacks.filter((said) => !said.startsWith(`${best.engine}:`));
    return { ...best, fallbacks: others };
  }
  if (failure !== undefined) throw failure;
  throw new MillraceError(
    "MLR_DRIVER_MISSING",
    `no engine can recognise text here: ${fallbacks.join("; ")}`,
    {
      hint: "Install Tesseract (apt-get install tesseract-ocr), or: npm install tesseract.js @tesseract.js-data/eng",
      details: { engines: missing },
    },
  );
}

async function oneEngine(
  picture: PageImage,
  engine: OcrEngine,
  { languages = ["eng"], prepare = {}, numbers, page = 1, signal }: RecogniseOptions,
): Promise<RecognisedPage> {
  const given = { languages, ...(signal === undefined ? {} : { signal }) };
  let turn = 0;
  if (prepare !== false && prepare.orientation !== false) {
    // Pages with few words have no orientation that can be told.
    turn = (await engine.orientation?.({ ...given, png: picture.png }).catch(() => 0)) ?? 0;
  }
  const prepared: PreparedPicture =
    prepare === false
      ? { png: picture.png, back: (box) => box }
      : await preparePicture(picture.png, turn, prepare);
  const found = await engine.read({ ...given, png: prepared.png });
  const repaired: RepairedNumber[] = [];
  const words = found.words.map((word) => {
    const text = numbers === undefined ? word.text : repairNumber(word.text, numbers);
    if (text !== word.text) repaired.push({ from: word.text, to: text, page });
    return placed({ ...word, text }, prepared, picture.scale);
  });
  return {
    number: page,
    width: picture.width / picture.scale,
    height: picture.height / picture.scale,
    rotation: 0,
    text: repairedText(found, repaired),
    words,
    hasText: words.length > 0,
    needsOcr: false,
    engine: engine.name,
    confidence: meanConfidence(words),
    repaired,
    fallbacks: [],
  };
}

function placed(word: Word, prepared: PreparedPicture, scale: number): Word {
  const { x0, y0, x1, y1 } = prepared.back(word);
  const round = (value: number): number => Math.round((value / scale) * 100) / 100;
  return { ...word, x0: round(x0), y0: round(y0), x1: round(x1), y1: round(y1) };
}

function repairedText({ text }: OcrWords, repaired: readonly RepairedNumber[]): string {
  return repaired.reduce((out, { from, to }) => out.replace(from, () => to), text);
}

/** By letters, so that specks that were taken for a letter do not weigh as much as words. */
function meanConfidence(words: readonly Word[]): number {
  let letters = 0;
  let sum = 0;
  for (const { text, confidence = 1 } of words) {
    letters += text.length;
    sum += text.length * confidence;
  }
  return letters === 0 ? 0 : sum / letters;
}

async function measured(png: Uint8Array): Promise<PageImage> {
  const { loadSharp } = await import("../picture/load-sharp.ts");
  const sharp = await loadSharp();
  const { width, height } = await sharp(png).metadata();
  return { png, width, height, scale: 1 };
}
