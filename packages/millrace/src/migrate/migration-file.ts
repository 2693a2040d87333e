import { hash } from "node:crypto";
import { MillraceError } from "@millrace/core";
import { splitStatements, SqlScriptError, type SqlStatement } from "./split-statements.ts";
import type { SqlSyntax } from "./sql-syntax.ts";

/** One numbered SQL file. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** From the project's root, with forward slashes. */
  readonly file: string;
  /** Of the part that is applied: SHA-256 of its text, with line ends as \n. */
  readonly checksum: string;
  readonly up: readonly SqlStatement[];
  /** undefined: it cannot be undone. */
  readonly down: readonly SqlStatement[] | undefined;
  /** False where the file says `-- migrate:no-transaction`. */
  readonly transaction: boolean;
}

const NAME = /^(\d{1,15})_([\p{L}\p{N}][\p{L}\p{N}_-]*)\.sql$/u;
const DIRECTIVE = /^[ \t]*--[ \t]*migrate:[ \t]*(\S*)[ \t]*$/gm;
const KNOWN = ["up", "down", "no-transaction"];

/** Version and name that a file's name tells. Fails with MLR_MIGRATION_INVALID. */
export function migrationName(file: string): { readonly version: number; readonly name: string } {
  const base = file.slice(file.lastIndexOf("/") + 1);
  const [, digits, name] = NAME.exec(base) ?? [];
  if (digits !== undefined && name !== undefined && Number(digits) > 0)
    return { version: Number(digits), name };
  throw invalid(file, undefined, "its name is not a number from 1 up, an underscore and a name", {
    hint: "Call it such as 000001_create_customers.sql.",
  });
}

/**
 * Reads a migration: what stands above a line `-- migrate:down` is applied, what stands below it undoes that.
 * Fails with MLR_MIGRATION_INVALID, naming the line.
 */
export function parseMigration(file: string, text: string, syntax: SqlSyntax): Migration {
  const plain = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const found = [...plain.matchAll(DIRECTIVE)].map((match) => ({ at: match.index, word: match[1] ?? "" }));
  for (const { at, word } of found) {
    if (!KNOWN.includes(word))
      throw invalid(file, lineOf(plain, at), `there is no "migrate:${word}"`, {
        hint: `There is: ${KNOWN.map((each) => `-- migrate:${each}`).join(", ")}.`,
      });
  }
  const [down, second] = found.filter(({ word }) => word === "down");
  if (second !== undefined) throw invalid(file, lineOf(plain, second.at), "migrate:down stands there twice");
  const upText = plain.slice(0, down?.at);
  const up = statements(file, upText, 0, syntax);
  if (up.length === 0) throw invalid(file, 1, "it holds no statement to apply");
  const undo =
    down === undefined ? [] : statements(file, plain.slice(down.at), lineOf(plain, down.at) - 1, syntax);
  return {
    ...migrationName(file),
    file,
    checksum: hash("sha256", upText.trim(), "hex"),
    up,
    down: undo.length === 0 ? undefined : undo,
    transaction: !found.some(({ word }) => word === "no-transaction"),
  };
}

/** The first so many statements, as one hash: tells whether what has landed still stands there. */
export function statementsChecksum(landed: readonly SqlStatement[], count: number): string {
  const texts = landed.slice(0, count).map(({ text }) => text);
  return hash("sha256", JSON.stringify(texts), "hex");
}

/** What carries the migration out in this direction. */
export function statementsOf(migration: Migration, direction: "up" | "down"): readonly SqlStatement[] {
  return direction === "up" ? migration.up : (migration.down ?? []);
}

function statements(file: string, text: string, linesBefore: number, syntax: SqlSyntax): SqlStatement[] {
  try {
    return splitStatements(text, syntax).map((each) => checked(file, each, linesBefore));
  } catch (error) {
    if (error instanceof SqlScriptError) throw invalid(file, error.line + linesBefore, error.message);
    throw error;
  }
}

function checked(file: string, { text, line }: SqlStatement, linesBefore: number): SqlStatement {
  const statement = { text, line: line + linesBefore };
  if (!text.startsWith("\\")) return statement;
  throw invalid(file, statement.line, `${text.split(/\s/)[0] ?? ""} is a command of psql, not SQL`, {
    hint: "Write statements that the server itself understands.",
  });
}

function invalid(
  file: string,
  line: number | undefined,
  message: string,
  more: { readonly hint?: string } = {},
): MillraceError {
  const where = line === undefined ? file : `${file}:${line}`;
  return new MillraceError("MLR_MIGRATION_INVALID", `${where}: ${message}`, {
    ...more,
    details: { file, ...(line === undefined ? {} : { line }) },
  });
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split("\n").length;
}
