import { ProgramDepth } from "./program-depth.ts";
import type { SqlSyntax } from "./sql-syntax.ts";
import { isExecutable, tokenAt, UnendedSql, type SqlToken } from "./sql-tokens.ts";

/** One statement of a script. */
export interface SqlStatement {
  /** Without what ends it. */
  readonly text: string;
  /** 1-based line of its first character in the script. */
  readonly line: number;
}

/** What is wrong with a script, and where. */
export class SqlScriptError extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** Most times that `GO 5` may repeat a batch. */
const MAX_REPEATS = 10_000;

/**
 * Takes a script apart into its statements (for SQL Server: batches), knowing strings, comments, dollar quotes and bodies.
 * Parts that hold nothing but comments are left out. Throws `SqlScriptError` where a quote, comment or body does not end.
 */
export function splitStatements(script: string, syntax: SqlSyntax): SqlStatement[] {
  return new Splitter(script, syntax).split();
}

class Splitter {
  readonly #text: string;
  readonly #syntax: SqlSyntax;
  readonly #found: SqlStatement[] = [];
  #delimiter = ";";
  #start = -1;
  #depth: ProgramDepth;
  /** How far lines have been counted: statements begin further and further behind. */
  #counted = { at: 0, line: 1 };

  constructor(text: string, syntax: SqlSyntax) {
    this.#text = text;
    this.#syntax = syntax;
    this.#depth = new ProgramDepth(syntax.bodies);
  }

  split(): SqlStatement[] {
    let at = 0;
    while (at < this.#text.length) at = this.#separator(at) ?? this.#token(at);
    if (this.#depth.within)
      throw new SqlScriptError("a body begins with BEGIN and does not END", this.#lineOf(this.#start));
    this.#end(this.#text.length);
    return this.#found;
  }

  /** Where the text goes on behind what ends a statement, if that is what is here. */
  #separator(at: number): number | undefined {
    if (this.#syntax.separator === "go") return this.#go(at);
    const changed = this.#syntax.delimiter ? this.#changeDelimiter(at) : undefined;
    if (changed !== undefined) return changed;
    if (!this.#text.startsWith(this.#delimiter, at)) return undefined;
    if (this.#delimiter === ";" && this.#depth.within) return undefined;
    this.#end(at);
    return at + this.#delimiter.length;
  }

  #go(at: number): number | undefined {
    const line = /go[ \t]*(\d+)?[ \t]*(?:--[^\n]*)?\r?(?:\n|$)/iy;
    line.lastIndex = at;
    const match = this.#beginsLine(at) ? line.exec(this.#text) : null;
    if (match === null) return undefined;
    const times = Number(match[1] ?? 1);
    if (times < 1 || times > MAX_REPEATS)
      throw new SqlScriptError(
        `GO ${times} asks for more than ${MAX_REPEATS} times, or none`,
        this.#lineOf(at),
      );
    this.#end(at, times);
    return at + match[0].length;
  }

  #changeDelimiter(at: number): number | undefined {
    const line = /delimiter[ \t]+(\S+)[ \t]*\r?(?:\n|$)/iy;
    line.lastIndex = at;
    const match = this.#start < 0 && this.#beginsLine(at) ? line.exec(this.#text) : null;
    if (match === null) return undefined;
    this.#delimiter = match[1] ?? ";";
    return at + match[0].length;
  }

  #beginsLine(at: number): boolean {
    return /(?:^|\n)[ \t]*$/.test(this.#text.slice(Math.max(0, at - 200), at));
  }

  #token(at: number): number {
    const token = this.#read(at);
    const counts = token.kind !== "space" && (token.kind !== "comment" || isExecutable(this.#text, token));
    if (counts && this.#start < 0) this.#start = at;
    if (token.kind === "word" || token.kind === "symbol")
      this.#depth.next(this.#text.slice(token.start, token.end).toUpperCase());
    else if (token.kind === "quoted") this.#depth.next('"');
    return token.end;
  }

  #read(at: number): SqlToken {
    try {
      return tokenAt(this.#text, at, this.#syntax);
    } catch (error) {
      if (error instanceof UnendedSql) throw new SqlScriptError(error.message, this.#lineOf(error.start));
      throw error;
    }
  }

  #end(at: number, times = 1): void {
    if (this.#start >= 0) {
      const statement = {
        text: this.#text.slice(this.#start, at).trimEnd(),
        line: this.#lineOf(this.#start),
      };
      for (let time = 0; time < times; time++) this.#found.push(statement);
    }
    this.#start = -1;
    this.#depth = new ProgramDepth(this.#syntax.bodies);
  }

  #lineOf(at: number): number {
    let { at: from, line } = at < this.#counted.at ? { at: 0, line: 1 } : this.#counted;
    for (
      from = this.#text.indexOf("\n", from);
      from >= 0 && from < at;
      from = this.#text.indexOf("\n", from + 1)
    )
      line++;
    this.#counted = { at, line };
    return line;
  }
}
