import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { MillraceError } from "@millrace/core";
import type { Word } from "../../document-text.ts";
import type { OcrEngine, OcrWords } from "../ocr-engine.ts";

/** A line that PaddleOCR found: its corners clockwise from the upper left one. */
export interface PaddleLine {
  readonly text: string;
  /** 0 to 1. */
  readonly mean: number;
  readonly box?: readonly (readonly number[])[];
}

/** The part of the package @gutenye/ocr-node that is used. */
export interface PaddleDriver {
  create(options?: object): Promise<{ detect(path: string): Promise<readonly PaddleLine[]> }>;
}

/** Not a literal where it is imported: the package is large, and nothing is built with it. */
const PACKAGE: string = "@gutenye/ocr-node";

/** PaddleOCR as ONNX models (the package @gutenye/ocr-node), which finds lines in photos well. One page at a time; its words share their line's box by their length. */
export function paddle(): OcrEngine {
  let loaded: ReturnType<PaddleDriver["create"]> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const read = async (png: Uint8Array): Promise<OcrWords> => {
    loaded ??= loadDriver().then((driver) => driver.create());
    const engine = await loaded;
    const folder = await mkdtemp(path.join(tmpdir(), "millrace-ocr-"));
    try {
      const file = path.join(folder, "page.png");
      await writeFile(file, png, { mode: 0o600 });
      return wordsOfLines(await engine.detect(file));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  return {
    name: "paddle",
    async unavailable() {
      try {
        await loadDriver();
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
    read({ png }) {
      const work = last.then(() => read(png));
      last = work.catch(() => undefined);
      return work;
    },
    close() {
      loaded = undefined;
      return Promise.resolve();
    },
  };
}

/** Lines as words, from top to bottom: each word gets the part of its line's box that its letters take. */
export function wordsOfLines(lines: readonly PaddleLine[]): OcrWords {
  const placed = lines
    .map((line) => ({ line, box: boxOf(line.box ?? []) }))
    .sort((a, b) => a.box.y0 - b.box.y0);
  const words: Word[] = [];
  for (const { line, box } of placed) {
    const width = (box.x1 - box.x0) / Math.max(1, line.text.length);
    for (const match of line.text.matchAll(/\S+/g)) {
      const x0 = box.x0 + match.index * width;
      words.push({ text: match[0], ...box, x0, x1: x0 + match[0].length * width, confidence: line.mean });
    }
  }
  return { words, text: placed.map(({ line }) => line.text).join("\n") };
}

function boxOf(corners: readonly (readonly number[])[]): { x0: number; y0: number; x1: number; y1: number } {
  const xs = corners.map(([x = 0]) => x);
  const ys = corners.map(([, y = 0]) => y);
  if (xs.length === 0) return { x0: 0, y0: 0, x1: 0, y1: 0 };
  return { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) };
}

async function loadDriver(): Promise<PaddleDriver> {
  try {
    const module = (await import(PACKAGE)) as { default: PaddleDriver };
    return module.default;
  } catch (cause) {
    throw new MillraceError("MLR_DRIVER_MISSING", `paddle() needs the package ${PACKAGE}, which is missing`, {
      hint: `Install it: ONNXRUNTIME_NODE_INSTALL=skip npm install ${PACKAGE}`,
      cause,
    });
  }
}
