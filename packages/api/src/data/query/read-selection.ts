import { MillraceError } from "@millrace/core";
import { EMBED_DEPTH, type Embed, type Selection } from "./row-query.ts";

/** All columns, and nothing embedded. */
export const EVERYTHING: Selection = { columns: null, embeds: [] };

/** Names that a selection may have. */
const NAMES = 500;

/**
 * Reads `id,name,customer(id,name),lines(*)`: columns, and relations with what is shown of their rows in parentheses. A name
 * that has other signs stands in double quotes. Fails with MLR_ARGUMENT_INVALID.
 */
export function readSelection(text: string): Selection {
  const reader = new SelectionReader(text);
  const selection = reader.selection(0);
  reader.end();
  return selection;
}

class SelectionReader {
  readonly #text: string;
  #at = 0;
  #left = NAMES;

  constructor(text: string) {
    this.#text = text;
  }

  selection(depth: number): Selection {
    if (depth > EMBED_DEPTH) throw this.#wrong(`has more than ${EMBED_DEPTH} relations in each other`);
    const columns: string[] = [];
    const embeds: Embed[] = [];
    let all = false;
    do {
      if (this.#take("*")) {
        all = true;
        continue;
      }
      const name = this.#name();
      if (!this.#take("(")) columns.push(name);
      else {
        if (embeds.some(({ relation }) => relation === name)) throw this.#wrong(`embeds "${name}" twice`);
        embeds.push({ relation: name, selection: this.selection(depth + 1) });
        if (!this.#take(")")) throw this.#wrong(`has no ) behind what is embedded of "${name}"`);
      }
    } while (this.#take(","));
    return { columns: all ? null : columns, embeds };
  }

  end(): void {
    if (this.#at < this.#text.length)
      throw this.#wrong(`cannot be read from "${this.#text.slice(this.#at, this.#at + 20)}" on`);
  }

  #name(): string {
    this.#left -= 1;
    if (this.#left < 0) throw this.#wrong(`has more than ${NAMES} names`);
    const pattern = /\s*(?:"((?:[^"]|"")+)"|([^\s,()"*]+))\s*/y;
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null)
      throw this.#wrong(
        this.#at >= this.#text.length
          ? "ends where a name is missing"
          : `has no name at position ${this.#at + 1}`,
      );
    this.#at = pattern.lastIndex;
    return found[1]?.replaceAll('""', '"') ?? found[2] ?? "";
  }

  #take(sign: string): boolean {
    while (this.#text[this.#at] === " ") this.#at += 1;
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  #wrong(why: string): MillraceError {
    return new MillraceError("MLR_ARGUMENT_INVALID", `"select" ${why}`, {
      hint: "Such as select=id,name,customer(id,name).",
      details: { field: "select" },
    });
  }
}
