import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname } from "node:path";
import { isAlive } from "../../../embedded/postmaster.ts";

const BEAT_MS = 2000;
/** A holder that has not touched its lock for so long is stopped, or on a machine that is gone. */
const STALE_MS = 20_000;
/** Tokens of the locks that this process holds. */
const HELD = new Set<string>();

/**
 * Takes a lock between processes that use the same folder, or gives undefined where another holds it. It spares them from
 * doing the same work: who lost it because it was stopped for long may still do some of that.
 */
export async function tryFileLock(file: string): Promise<(() => Promise<void>) | undefined> {
  const token = randomUUID();
  await mkdir(dirname(file), { recursive: true });
  if (!(await take(file, token))) {
    if (!(await removeStale(file)) || !(await take(file, token))) return undefined;
  }
  HELD.add(token);
  const beat = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => undefined), BEAT_MS);
  beat.unref();
  return async () => {
    clearInterval(beat);
    HELD.delete(token);
    if ((await readFile(file, "utf8").catch(() => "")).includes(token)) await rm(file, { force: true });
  };
}

async function take(file: string, token: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx", 0o600);
    try {
      await handle.writeFile(`${process.pid} ${token}\n`);
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** True where the lock was a leftover, and is gone. */
async function removeStale(file: string): Promise<boolean> {
  const [text, facts] = await Promise.all([
    readFile(file, "utf8").catch(() => undefined),
    stat(file).catch(() => undefined),
  ]);
  if (text === undefined || facts === undefined) return true;
  const [pid, token = ""] = text.trim().split(" ");
  const quiet = Math.abs(Date.now() - facts.mtimeMs);
  if (!isLeftover(Number(pid), token, quiet) && quiet < STALE_MS) return false;
  const aside = `${file}.${randomUUID()}`;
  await rename(file, aside).catch(() => undefined);
  await rm(aside, { force: true });
  return true;
}

function isLeftover(pid: number, token: string, quiet: number): boolean {
  // An empty file was made this instant, or is the leftover of a full disk.
  if (!Number.isInteger(pid) || pid === 0) return quiet > BEAT_MS * 2;
  return pid === process.pid ? !HELD.has(token) : !isAlive(pid);
}
