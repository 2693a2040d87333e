import type { PageText } from "../document-text.ts";

/** What an engine is to do with a picture. */
export interface OcrRequest {
  /** PNG, prepared. */
  readonly png: Uint8Array;
  /** ISO 639-2 as Tesseract names them, such as `eng`, `deu`. */
  readonly languages: readonly string[];
  readonly signal?: AbortSignal;
}

/** Words that an engine found, in pixels of the picture. */
export type OcrWords = Pick<PageText, "words" | "text">;

/** What reads letters in pictures. Made by `tesseract()`, `tesseractJs()` and `paddle()`. */
export interface OcrEngine {
  /** Such as `tesseract`. */
  readonly name: string;
  /** Undefined where it can run here, else why not. */
  unavailable(): Promise<string | undefined>;
  /** Fails with MLR_SOURCE_FAILED (`retry: "later"`) where the engine was killed or crashed. */
  read(request: OcrRequest): Promise<OcrWords>;
  /** Degrees clockwise by which the picture has to be turned to be read: 0, 90, 180, 270. Absent: it cannot tell. */
  orientation?(request: OcrRequest): Promise<number>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** How a page is recognised. */
export interface OcrOptions {
  /** Tried in this order. Default: native Tesseract where it is installed, else tesseract.js. */
  readonly engines?: readonly OcrEngine[];
  /** Default `["eng"]`. */
  readonly languages?: readonly string[];
  /** A result whose mean confidence is below goes on to the next engine; the best one counts. 0 to 1. Default 0.6. */
  readonly minConfidence?: number;
  /** What is done with the picture first. Default: what `PrepareOptions` says. `false`: nothing, and `sharp` is not needed for pages of PDF. */
  readonly prepare?: PrepareOptions | false;
  /** Numbers that were misread are repaired by this locale's rules: `37.499.96` → `37,499.96`. Default: they stay. */
  readonly numbers?: "en" | "de";
  /** Ends the work, engines included. */
  readonly signal?: AbortSignal;
}

/** Preprocessing of a picture, by `sharp`. */
export interface PrepareOptions {
  /** Straightens up to 10 degrees. Default true. */
  readonly deskew?: boolean;
  /** Stretches the contrast. Default true. */
  readonly contrast?: boolean;
  /** Black and white by Otsu's threshold. Default false. */
  readonly binarise?: boolean;
  /** Small pictures are enlarged to this width at least, in pixels. Default 1,600. */
  readonly upscaleTo?: number;
  /** Turns pages that stand on their side or head. Default true where the engine can tell. */
  readonly orientation?: boolean;
}

/** A number that was repaired. */
export interface RepairedNumber {
  readonly from: string;
  readonly to: string;
  readonly page: number;
}

/** A page that was recognised: its boxes are those of the page or picture that was given. */
export interface RecognisedPage extends PageText {
  /** Name of the engine whose result counts. */
  readonly engine: string;
  /** Mean of the words, 0 to 1; 0 without words. */
  readonly confidence: number;
  readonly repaired: readonly RepairedNumber[];
  /** Engines that were tried before, and why they were not enough. */
  readonly fallbacks: readonly string[];
}
