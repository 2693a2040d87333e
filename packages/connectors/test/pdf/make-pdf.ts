import { PDFDocument, StandardFonts, degrees, type PDFFont, type PDFPage } from "pdf-lib";

/** What a page of a test is written with. */
export interface Pen {
  readonly page: PDFPage;
  readonly font: PDFFont;
  /** Writes text with its baseline at `y` points from the top. */
  write(text: string, x: number, y: number, size?: number): void;
  /** A table with ruling lines, its upper left corner at `x`, `y` from the top. */
  table(
    rows: readonly (readonly string[])[],
    at: { x: number; y: number; widths: readonly number[]; lines?: boolean },
  ): number;
}

const ROW = 20;

/** Makes a PDF by pdf-lib: each function draws a page of A4. */
export async function makePdf(
  pages: readonly ((pen: Pen) => void)[],
  finish?: (document: PDFDocument) => Promise<void> | void,
): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  const font = await document.embedFont(StandardFonts.Helvetica);
  for (const draw of pages) draw(pen(document.addPage([595, 842]), font));
  await finish?.(document);
  return document.save();
}

/** Turns a page as its viewer does. */
export function turn(page: PDFPage, angle: number): void {
  page.setRotation(degrees(angle));
}

function pen(page: PDFPage, font: PDFFont): Pen {
  const write: Pen["write"] = (text, x, y, size = 10) =>
    page.drawText(text, { x, y: page.getHeight() - y, size, font });
  return {
    page,
    font,
    write,
    table(rows, { x, y, widths, lines = true }) {
      const total = widths.reduce((sum, width) => sum + width, 0);
      const high = page.getHeight();
      const line = (x0: number, y0: number, x1: number, y1: number): void => {
        if (lines)
          page.drawLine({ start: { x: x0, y: high - y0 }, end: { x: x1, y: high - y1 }, thickness: 0.7 });
      };
      for (const [index, cells] of rows.entries()) {
        const top = y + index * ROW;
        line(x, top, x + total, top);
        let left = x;
        for (const [column, cell] of cells.entries()) {
          if (cell !== "") write(cell, left + 4, top + 14);
          left += widths[column] ?? 0;
        }
      }
      const bottom = y + rows.length * ROW;
      line(x, bottom, x + total, bottom);
      let left = x;
      for (const width of [0, ...widths]) {
        left += width;
        line(left, y, left, bottom);
      }
      return bottom;
    },
  };
}
