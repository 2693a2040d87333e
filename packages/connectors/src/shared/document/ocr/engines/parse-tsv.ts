import type { Word } from "../../document-text.ts";
import type { OcrWords } from "../ocr-engine.ts";

/** Tesseract's table: level, page, block, paragraph, line, word, left, top, width, height, confidence, text. */
const WORD_LEVEL = "5";

/** Words and text of what Tesseract writes as TSV. Lines of a paragraph follow each other, paragraphs have a blank line between them. */
export function parseTsv(tsv: string): OcrWords {
  const words: Word[] = [];
  let text = "";
  let line = "";
  let paragraph = "";
  for (const row of tsv.split("\n")) {
    const cells = row.split("\t");
    if (cells[0] !== WORD_LEVEL || cells.length < 12) continue;
    const word = (cells[11] ?? "").trim();
    if (word === "") continue;
    const paragraphHere = `${cells[1]}.${cells[2]}.${cells[3]}`;
    const lineHere = `${paragraphHere}.${cells[4]}`;
    if (text !== "") text += lineHere === line ? " " : paragraphHere === paragraph ? "\n" : "\n\n";
    text += word;
    line = lineHere;
    paragraph = paragraphHere;
    const [left, top] = [Number(cells[6]), Number(cells[7])];
    words.push({
      text: word,
      x0: left,
      y0: top,
      x1: left + Number(cells[8]),
      y1: top + Number(cells[9]),
      confidence: Math.max(0, Number(cells[10])) / 100,
    });
  }
  return { words, text };
}
