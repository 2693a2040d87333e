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
  const { minConfidence = 0.6, signal } = options;
  const picture = image instanceof Uint8Array ? await measured(image) : image;
  const tried: Tried[] = [];
  for (const engine of engines) {
    signal?.throwIfAborted();
    const result = await tryEngine(picture, engine, options);
    tried.push(result);
    if ((result.page?.confidence ?? -1) >= minConfidence) break;
  }
  const [best] = tried
    .flatMap(({ page }) => (page === undefined ? [] : [page]))
    .sort((a, b) => b.confidence - a.confidence);
  const said = (each: Tried): string =>
    `${each.engine}: ${each.why ?? `confidence ${each.page?.confidence.toFixed(2)} is below ${minConfidence}`}`;
  // The engine whose result counts is no fallback.
  if (best !== undefined) return { ...best, fallbacks: tried.filter(({ page }) => page !== best).map(said) };
  const failure = tried.findLast(({ error }) => error !== undefined)?.error;
  if (failure !== undefined) throw failure;
  throw new MillraceError(
    "MLR_DRIVER_MISSING",
    `no engine can recognise text here: ${tried.map(said).join("; ")}`,
    {
      hint: "Install Tesseract (apt-get install tesseract-ocr), or: npm install tesseract.js @tesseract.js-data/eng",
      details: { engines: tried.map(({ engine }) => engine) },
    },
  );
}

/** What became of a picture with one engine. */
interface Tried {
  readonly engine: string;
  readonly page?: RecognisedPage;
  /** Why there is no page. */
  readonly why?: string;
  /** It could run, and failed. */
  readonly error?: Error;
}

async function tryEngine(picture: PageImage, engine: OcrEngine, options: RecogniseOptions): Promise<Tried> {
  const why = await engine.unavailable();
  if (why !== undefined) return { engine: engine.name, why };
  try {
    return { engine: engine.name, page: await oneEngine(picture, engine, options) };
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    if (options.signal?.aborted === true) throw error;
    return { engine: engine.name, why: error.message, error };
  }
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
