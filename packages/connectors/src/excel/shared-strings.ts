import type { PackageParts } from "./package-parts.ts";
import { parseXml } from "./xml-events.ts";

/** The texts that cells refer to by number. Pieces of rich text are joined; readings of characters are left out. */
export async function readSharedStrings(
  parts: PackageParts,
  part: string | undefined,
  file: string,
): Promise<string[]> {
  const strings: string[] = [];
  if (part === undefined) return strings;
  const collector = new TextCollector();
  await parseXml(
    parts.text(part),
    {
      open: (name) => collector.open(name),
      text: (text) => collector.text(text),
      close: (name) => {
        collector.close(name);
        if (name === "si") strings.push(collector.take());
      },
    },
    file,
  );
  return strings;
}

/** Joins the texts of `<t>` elements, apart from those that tell how others are read aloud. */
export class TextCollector {
  #text = "";
  #inText = false;
  #inReading = false;

  open(name: string): void {
    if (name === "rPh") this.#inReading = true;
    else if (name === "t") this.#inText = !this.#inReading;
  }

  close(name: string): void {
    if (name === "rPh") this.#inReading = false;
    else if (name === "t") this.#inText = false;
  }

  text(text: string): void {
    if (this.#inText) this.#text += text;
  }

  take(): string {
    const text = this.#text;
    this.#text = "";
    return unescaped(text);
  }
}

/** Characters that XML cannot hold are written as `_x000D_`. */
export function unescaped(text: string): string {
  if (!text.includes("_x")) return text;
  return text.replaceAll(/_x([0-9a-fA-F]{4})_/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}
