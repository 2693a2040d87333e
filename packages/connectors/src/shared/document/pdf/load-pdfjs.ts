import { createRequire } from "node:module";
import path from "node:path";

/** PDF.js. */
export type Pdfjs = typeof import("pdfjs-dist/legacy/build/pdf.mjs");

/** PDF.js and where its data are. */
export interface LoadedPdfjs {
  readonly pdfjs: Pdfjs;
  /** Character maps, standard fonts and decoders, as PDF.js wants them: with a slash at the end. */
  readonly folders: {
    readonly cMapUrl: string;
    readonly standardFontDataUrl: string;
    readonly wasmUrl: string;
    readonly iccUrl: string;
  };
}

/** PDF.js, loaded on first use. Fails as `import` does where it is not installed. */
export async function loadPdfjs(): Promise<LoadedPdfjs> {
  const pdfjs = await import("pdfjs-dist/legacy/build/pdf.mjs");
  const root = path.dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json"));
  const folder = (name: string): string => `${path.join(root, name)}/`;
  return {
    pdfjs,
    folders: {
      cMapUrl: folder("cmaps"),
      standardFontDataUrl: folder("standard_fonts"),
      wasmUrl: folder("wasm"),
      iccUrl: folder("iccs"),
    },
  };
}
