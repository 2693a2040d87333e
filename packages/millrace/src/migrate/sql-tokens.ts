import type { SqlSyntax } from "./sql-syntax.ts";

/** A piece of SQL: `space` is white space and comments, `quoted` anything between quotes. */
export interface SqlToken {
  readonly kind: "space" | "comment" | "quoted" | "word" | "symbol";
  readonly start: number;
  readonly end: number;
}

/** A quote or comment that begins and does not end. */
export class UnendedSql extends Error {
  readonly start: number;
  readonly what: string;

  constructor(start: number, what: string) {
    super(`${what} does not end`);
    this.start = start;
    this.what = what;
  }
}

/** The token at `start`, which is within the text. Throws `UnendedSql`. */
export function tokenAt(text: string, start: number, syntax: SqlSyntax): SqlToken {
  const token = (kind: SqlToken["kind"], end: number): SqlToken => ({ kind, start, end });
  const char = text[start] ?? "";
  if (/\s/.test(char)) return token("space", matchEnd(text, start, /\s+/y));
  if (isLineComment(text, start, syntax)) return token("comment", matchEnd(text, start, /[^\n]*/y));
  if (text.startsWith("/*", start)) return token("comment", blockEnd(text, start, syntax.nestedComments));
  if (char === "'" || char === '"') {
    const escapes = syntax.backslash === "always";
    return token("quoted", quoteEnd(text, start, { from: start, close: char, escapes }));
  }
  const close = syntax.quotes[char];
  if (close !== undefined)
    return token("quoted", quoteEnd(text, start, { from: start, close, escapes: false }));
  if (char === "$" && syntax.dollarQuotes) return dollarToken(text, start);
  if (/[\p{L}\p{N}_@#]/u.test(char)) return wordToken(text, start, syntax);
  return token("symbol", start + 1);
}

/** Whether a comment is one that MariaDB and MySQL execute. */
export function isExecutable(text: string, { kind, start }: SqlToken): boolean {
  return kind === "comment" && /^\/\*M?!/.test(text.slice(start, start + 4));
}

function isLineComment(text: string, at: number, syntax: SqlSyntax): boolean {
  if (text[at] === "#") return syntax.hashComments;
  if (!text.startsWith("--", at)) return false;
  return !syntax.dashNeedsSpace || /^(?:\s|$)/.test(text.slice(at + 2, at + 3));
}

function wordToken(text: string, start: number, syntax: SqlSyntax): SqlToken {
  const end = matchEnd(text, start, /[\p{L}\p{N}_@#$]+/uy);
  const escaped = syntax.backslash === "after-e" && end - start === 1 && /e/i.test(text[start] ?? "");
  if (!escaped || text[end] !== "'") return { kind: "word", start, end };
  return { kind: "quoted", start, end: quoteEnd(text, start, { from: end, close: "'", escapes: true }) };
}

function dollarToken(text: string, start: number): SqlToken {
  const tag = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;
  tag.lastIndex = start;
  const found = tag.exec(text)?.[0];
  if (found === undefined) return { kind: "symbol", start, end: start + 1 };
  const close = text.indexOf(found, start + found.length);
  if (close < 0) throw new UnendedSql(start, `the text in ${found}`);
  return { kind: "quoted", start, end: close + found.length };
}

function quoteEnd(
  text: string,
  start: number,
  { from, close, escapes }: { readonly from: number; readonly close: string; readonly escapes: boolean },
): number {
  for (let at = from + 1; at < text.length; at++) {
    if (escapes && text[at] === "\\") at++;
    else if (text[at] === close) {
      if (text[at + 1] !== close) return at + 1;
      at++;
    }
  }
  throw new UnendedSql(start, `what begins with ${text[from] ?? ""}`);
}

function blockEnd(text: string, start: number, nested: boolean): number {
  let depth = 1;
  for (let at = start + 2; at < text.length; at++) {
    if (text.startsWith("*/", at)) {
      depth--;
      at++;
      if (depth === 0) return at + 1;
    } else if (nested && text.startsWith("/*", at)) {
      depth++;
      at++;
    }
  }
  throw new UnendedSql(start, "the comment that begins with /*");
}

function matchEnd(text: string, at: number, pattern: RegExp): number {
  pattern.lastIndex = at;
  return at + Math.max(1, pattern.exec(text)?.[0].length ?? 1);
}
