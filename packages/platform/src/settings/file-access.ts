import { open, stat } from "node:fs/promises";
import type { Stats } from "node:fs";
import { MillraceError } from "@millrace/core";

/** A file that only its owner may use. */
export interface PrivateFile {
  readonly path: string;
  /** A file that others can read is accepted: it is told instead of refused. Default false. */
  readonly allowOpen?: boolean;
  /** Is told what is accepted though others can read it. */
  readonly warn?: (text: string) => void;
}

/** The variable that accepts files which others can use. It counts in the environment alone: a file must not vouch for itself. */
export const ALLOW_OPEN_FILES = "MILLRACE_ALLOW_OPEN_FILES";

/** Bits of a mode: group and others may read or write. */
const OPEN_TO_READ = 0o066;
const OPEN_TO_WRITE = 0o022;
const GROUP_WRITES = 0o020;

/**
 * The content of a file with secrets; undefined where there is no such file. Fails with MLR_FILE_EXPOSED where others can
 * read or write it (not on Windows, whose files have no such modes), and with MLR_SETTINGS_INVALID where it cannot be read.
 */
export async function readPrivateFile(file: PrivateFile): Promise<string | undefined> {
  const { path } = file;
  try {
    const handle = await open(path, "r");
    try {
      const stats = await handle.stat();
      if (isOpen(stats, OPEN_TO_READ)) accept(file, exposed(path, stats, "read"));
      return await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    if (codeOf(error) === "ENOENT") return undefined;
    throw await unreadable(path, error);
  }
}

/**
 * Makes sure that nobody but its owner can change a file whose code is about to run. A group that has the number of the
 * file's owner is taken for the owner's own, as many systems make one. Fails as `readPrivateFile`.
 */
export async function checkOwnCode(file: PrivateFile): Promise<void> {
  const stats = await stat(file.path).catch(async (error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw await unreadable(file.path, error);
  });
  if (stats === undefined) return;
  const ownGroup = stats.gid === stats.uid ? GROUP_WRITES : 0;
  if (isOpen(stats, OPEN_TO_WRITE & ~ownGroup)) accept(file, exposed(file.path, stats, "written"));
}

function isOpen({ mode }: Stats, bits: number): boolean {
  return process.platform !== "win32" && (mode & bits) !== 0;
}

function accept({ allowOpen, warn }: PrivateFile, refusal: MillraceError): void {
  if (allowOpen !== true) throw refusal;
  warn?.(`${refusal.message}; ${ALLOW_OPEN_FILES} accepts it.`);
}

function exposed(path: string, stats: Stats, how: "read" | "written"): MillraceError {
  const mode = modeOf(stats);
  const readable = (stats.mode & 0o044) !== 0;
  const done = how === "read" && !readable ? "written" : how;
  return new MillraceError("MLR_FILE_EXPOSED", `${path} can be ${done} by others (mode ${mode})`, {
    hint: `Run: chmod ${how === "read" ? "600" : "go-w"} ${shellWord(path)}\nOr accept it, where nobody else is on this machine, with ${ALLOW_OPEN_FILES}=true in the environment.`,
    details: { file: path, mode },
  });
}

async function unreadable(path: string, error: unknown): Promise<MillraceError> {
  const code = codeOf(error);
  const facts = await stat(path).catch(() => undefined);
  const reason =
    facts?.isDirectory() === true
      ? "it is a folder"
      : code === "EACCES" || code === "EPERM"
        ? "this user may not"
        : error instanceof Error
          ? error.message
          : String(error);
  const user = process.getuid?.();
  const owner = facts === undefined || user === undefined ? "" : ownerText(facts, user);
  return new MillraceError("MLR_SETTINGS_INVALID", `${path} cannot be read: ${reason}${owner}`, {
    hint: "Run as the user it belongs to, give it to this one (chown), or take it away.",
    details: { file: path, ...(code === undefined ? {} : { error: code }) },
    cause: error,
  });
}

function ownerText(facts: Stats, user: number): string {
  return ` (it belongs to user ${facts.uid}, mode ${modeOf(facts)}; this process is user ${user})`;
}

function modeOf({ mode }: Stats): string {
  return (mode & 0o777).toString(8).padStart(3, "0");
}

function shellWord(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}
