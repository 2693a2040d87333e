import { truncate } from "./width.ts";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const PLAIN_FRAMES = ["|", "/", "-", "\\"];
const CLEAR = "\r\u001b[2K";

/** The last line of a terminal, redrawn in place. What others write meanwhile goes above it. */
export class StatusLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #frames: readonly string[];
  readonly #undo: (() => void)[] = [];
  readonly #write: (text: string) => boolean;
  #frame = 0;
  #drawn = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#frames = showsUnicode() ? FRAMES : PLAIN_FRAMES;
    this.#write = stream.write.bind(stream);
    for (const other of new Set([stream, process.stdout])) if (other.isTTY) this.#stepAsideFor(other);
  }

  /** Draws `text`, cut to the terminal's width, behind a sign that turns. */
  show(text: string, paint: (text: string) => string): void {
    this.#frame = (this.#frame + 1) % this.#frames.length;
    // Terminals that do not know their width say 0.
    const line = truncate(text, Math.max(10, (this.#stream.columns || 80) - 3));
    this.#write(`${this.#drawn ? CLEAR : ""}${paint(this.#frames[this.#frame] ?? "")} ${line}`);
    this.#drawn = true;
  }

  /** Takes the line away. Idempotent. */
  close(): void {
    this.#erase();
    for (const undo of this.#undo.splice(0)) undo();
  }

  #erase(): void {
    if (this.#drawn) this.#write(CLEAR);
    this.#drawn = false;
  }

  #stepAsideFor(stream: NodeJS.WriteStream): void {
    const original = stream.write;
    const write = original.bind(stream) as (...args: unknown[]) => boolean;
    stream.write = (...args: unknown[]) => {
      this.#erase();
      return write(...args);
    };
    this.#undo.push(() => (stream.write = original));
  }
}

function showsUnicode(): boolean {
  const { TERM, WT_SESSION, TERM_PROGRAM } = process.env;
  return process.platform === "win32"
    ? WT_SESSION !== undefined || TERM_PROGRAM === "vscode"
    : TERM !== "linux";
}
