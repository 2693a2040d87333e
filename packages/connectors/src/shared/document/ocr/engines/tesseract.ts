import { availableParallelism } from "node:os";
import { MillraceError } from "@millrace/core";
import type { OcrEngine, OcrRequest, OcrWords } from "../ocr-engine.ts";
import { parseTsv } from "./parse-tsv.ts";
import { runTesseract } from "./run-tesseract.ts";
import { Slots } from "./slots.ts";

/** Options of `tesseract()`. */
export interface TesseractOptions {
  /** The program. Default `tesseract`. */
  readonly command?: string;
  /** Processes at a time. Default: one for each core. */
  readonly processes?: number;
  /** Longest time for a page. Default 120,000 ms. */
  readonly timeoutMs?: number;
  /** How the page is laid out, by Tesseract's numbers (`--psm`): 3 finds out, 6 is one block, 11 is scattered text. Default 3. */
  readonly layout?: number;
}

/** How often a page is tried when the program is killed under it. */
const ATTEMPTS = 2;
/** Below it, what Tesseract says of the orientation is a guess. */
const SURE_OF_ORIENTATION = 2;

/** Native Tesseract, a process for each page on one core each; a process that is killed is tried again. */
export function tesseract(options: TesseractOptions = {}): OcrEngine {
  const {
    command = "tesseract",
    processes = availableParallelism(),
    timeoutMs = 120_000,
    layout = 3,
  } = options;
  const slots = new Slots(processes);
  const run = (args: readonly string[], { png, signal }: OcrRequest): Promise<string> =>
    slots.run(() => again(() => runTesseract({ command, args, input: png, timeoutMs, signal })));
  return {
    name: "tesseract",
    async unavailable() {
      try {
        await runTesseract({ command, args: ["--version"], timeoutMs });
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
    async read(request): Promise<OcrWords> {
      const languages = request.languages.join("+");
      return parseTsv(
        await run(["stdin", "stdout", "-l", languages, "--psm", String(layout), "tsv"], request),
      );
    },
    async orientation(request) {
      const said = await run(["stdin", "stdout", "--psm", "0"], request);
      const confidence = Number(/Orientation confidence: ([\d.]+)/.exec(said)?.[1] ?? 0);
      return confidence < SURE_OF_ORIENTATION ? 0 : Number(/Rotate: (\d+)/.exec(said)?.[1] ?? 0);
    },
    close: () => Promise.resolve(),
  };
}

async function again(work: () => Promise<string>): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= ATTEMPTS || !(error instanceof MillraceError) || error.retry !== "later") throw error;
    }
  }
}
