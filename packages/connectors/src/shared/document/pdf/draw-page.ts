import { createRequire } from "node:module";
import type { PDFPageProxy } from "pdfjs-dist";
import { PdfRefusal } from "./pdf-failure.ts";
import type { PdfImage } from "./pdf-messages.ts";

/** Points to an inch, the unit of PDF. */
const POINTS = 72;

/** Draws a page on white. Pages larger than `pixels` allows are drawn smaller. */
export async function drawPage(page: PDFPageProxy, dpi: number, pixels: number): Promise<PdfImage> {
  const { createCanvas } = loadCanvas();
  const whole = page.getViewport({ scale: 1 });
  if (!(whole.width > 0 && whole.height > 0)) throw new PdfRefusal("damaged", "has a page without a size");
  const scale = Math.min(dpi / POINTS, Math.sqrt(pixels / (whole.width * whole.height)));
  const view = page.getViewport({ scale });
  const width = Math.max(1, Math.floor(view.width));
  const height = Math.max(1, Math.floor(view.height));
  const canvas = createCanvas(width, height);
  // The canvas of this package has what PDF.js uses of the browser's.
  const target = canvas as unknown as Parameters<PDFPageProxy["render"]>[0]["canvas"];
  await page.render({ canvas: target, viewport: view, background: "white" }).promise;
  return { png: await canvas.encode("png"), width, height, scale };
}

/** The one that PDF.js finds: it draws with parts of its own, which a canvas of another version does not know. */
function loadCanvas(): typeof import("@napi-rs/canvas") {
  try {
    const pdfjs = createRequire(import.meta.url).resolve("pdfjs-dist/package.json");
    return createRequire(pdfjs)("@napi-rs/canvas") as typeof import("@napi-rs/canvas");
  } catch {
    throw new PdfRefusal("canvas", "drawing pages needs the package @napi-rs/canvas, which is missing");
  }
}
