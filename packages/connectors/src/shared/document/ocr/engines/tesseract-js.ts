import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { MillraceError } from "@millrace/core";
import type { Worker } from "tesseract.js";
import type { OcrEngine, OcrRequest, OcrWords } from "../ocr-engine.ts";
import { parseTsv } from "./parse-tsv.ts";

/** Options of `tesseractJs()`. */
export interface TesseractJsOptions {
  /** The folder whose `node_modules` has the language data. Default: where Millrace is installed, and the working folder. */
  readonly directory?: string;
  /** Longest time for a page. Default 300,000 ms. */
  readonly timeoutMs?: number;
}

type Driver = typeof import("tesseract.js");

/**
 * Tesseract as WebAssembly (the package tesseract.js) with language data from npm packages (`@tesseract.js-data/eng`, …):
 * nothing is fetched from elsewhere. One page at a time.
 */
export function tesseractJs(options: TesseractJsOptions = {}): OcrEngine {
  const engine = new JsEngine(options);
  return {
    name: "tesseract.js",
    unavailable: () => engine.unavailable(),
    read: (request) => engine.read(request),
    close: () => engine.close(),
  };
}

class JsEngine {
  readonly #options: TesseractJsOptions;
  #worker: Promise<Worker> | undefined;
  #languages = "";
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: TesseractJsOptions) {
    this.#options = options;
  }

  async unavailable(): Promise<string | undefined> {
    try {
      await loadDriver();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Pages wait for each other. */
  read(request: OcrRequest): Promise<OcrWords> {
    const work = this.#last.then(() => this.#read(request));
    this.#last = work.catch(() => undefined);
    return work;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await (await worker?.catch(() => undefined))?.terminate();
  }

  async #read({ png, languages, signal }: OcrRequest): Promise<OcrWords> {
    signal?.throwIfAborted();
    const worker = await this.#with(languages);
    const { timeoutMs = 300_000 } = this.#options;
    let stop: (reason: Error) => void = () => undefined;
    const stopped = new Promise<never>((_resolve, reject) => (stop = reject));
    stopped.catch(() => undefined);
    const timer = setTimeout(() => stop(tooLong(timeoutMs)), timeoutMs);
    const onAbort = (): void => stop(signal?.reason as Error);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const { data } = await Promise.race([worker.recognize(Buffer.from(png), {}, { tsv: true }), stopped]);
      return parseTsv(data.tsv ?? "");
    } catch (error) {
      // Whatever went wrong, the next page starts with a worker of its own.
      await this.close();
      throw error instanceof Error ? error : failed(error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  async #with(languages: readonly string[]): Promise<Worker> {
    const wanted = languages.join("+");
    if (wanted !== this.#languages) await this.close();
    this.#languages = wanted;
    this.#worker ??= this.#start(languages);
    try {
      return await this.#worker;
    } catch (error) {
      this.#worker = undefined;
      throw error;
    }
  }

  async #start(languages: readonly string[]): Promise<Worker> {
    const { createWorker } = await loadDriver();
    const folder = await mkdtemp(path.join(tmpdir(), "millrace-ocr-"));
    try {
      for (const code of languages) {
        await copyFile(
          languageFile(code, this.#options.directory),
          path.join(folder, `${code}.traineddata.gz`),
        );
      }
      // 1: the LSTM engine, the only one that the data of the packages are for.
      return await createWorker([...languages], 1, {
        langPath: folder,
        gzip: true,
        cacheMethod: "none",
        errorHandler: () => undefined,
      });
    } finally {
      // The worker has them in its memory.
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** The data that a language's package has. Fails with MLR_DRIVER_MISSING. */
function languageFile(code: string, directory: string | undefined): string {
  const name = `@tesseract.js-data/${code}`;
  const places = [directory, process.cwd()].filter((place) => place !== undefined);
  const starts = [...places.map((place) => pathToFileURL(path.join(place, "package.json"))), import.meta.url];
  for (const start of starts) {
    try {
      const file = createRequire(start).resolve(`${name}/package.json`);
      return path.join(path.dirname(file), "4.0.0_best_int", `${code}.traineddata.gz`);
    } catch {
      // The next place may have it.
    }
  }
  throw new MillraceError(
    "MLR_DRIVER_MISSING",
    `the language data of "${code}" for tesseract.js are missing`,
    {
      hint: `Install them: npm install ${name}`,
      details: { language: code },
    },
  );
}

async function loadDriver(): Promise<Driver> {
  try {
    return await import("tesseract.js");
  } catch (cause) {
    throw new MillraceError(
      "MLR_DRIVER_MISSING",
      "tesseractJs() needs the package tesseract.js, which is missing",
      {
        hint: "Install it: npm install tesseract.js @tesseract.js-data/eng",
        cause,
      },
    );
  }
}

function tooLong(timeoutMs: number): MillraceError {
  return new MillraceError("MLR_SOURCE_LIMIT", `tesseract.js takes longer than ${timeoutMs} ms for a page`, {
    hint: "Raise the option `timeoutMs` of the engine, or lower the resolution.",
  });
}

function failed(reason: unknown): MillraceError {
  return new MillraceError("MLR_SOURCE_FAILED", `tesseract.js failed: ${String(reason)}`, {
    hint: "Is the picture damaged?",
    retry: "later",
  });
}
