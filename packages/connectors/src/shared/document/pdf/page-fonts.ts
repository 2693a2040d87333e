import type { PDFPageProxy } from "pdfjs-dist";
import type { FontFacts } from "./font-use.ts";
import type { Operators } from "./interpret-page.ts";
import type { Pdfjs } from "./load-pdfjs.ts";

/** Fonts of a document, as PDF.js loads them. */
export class PageFonts {
  readonly #known = new Map<string, FontFacts>();

  /** The fonts that a page's instructions use, once they are loaded. */
  async of(
    page: PDFPageProxy,
    { fnArray, argsArray }: Operators,
    ops: Pdfjs["OPS"],
  ): Promise<ReadonlyMap<string, FontFacts>> {
    for (let index = 0; index < fnArray.length; index++) {
      if (fnArray[index] !== ops.dependency) continue;
      for (const id of (argsArray[index] ?? []) as readonly string[]) {
        if (id.includes("_f") && !this.#known.has(id)) this.#known.set(id, await this.#load(page, id));
      }
    }
    return this.#known;
  }

  clear(): void {
    this.#known.clear();
  }

  #load(page: PDFPageProxy, id: string): Promise<FontFacts> {
    return new Promise((resolve) => {
      page.commonObjs.get(id, (font: FontFacts | string | null) => {
        // A font that could not be loaded is a message.
        resolve(typeof font === "object" && font !== null ? factsOf(font) : {});
      });
    });
  }
}

/** The font itself holds its file's bytes: only what is needed is kept. */
function factsOf(font: FontFacts): FontFacts {
  const { name, ascent, descent, vertical, fontMatrix, defaultVMetrics } = font;
  return {
    ...(name === undefined ? {} : { name }),
    ...(ascent === undefined ? {} : { ascent }),
    ...(descent === undefined ? {} : { descent }),
    ...(vertical === undefined ? {} : { vertical }),
    ...(fontMatrix === undefined ? {} : { fontMatrix }),
    ...(defaultVMetrics === undefined ? {} : { defaultVMetrics }),
  };
}
