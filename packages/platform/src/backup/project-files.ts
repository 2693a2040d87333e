import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { ArchiveReader } from "./archive/archive-reader.ts";
import type { ArchiveWriter } from "./archive/archive-writer.ts";
import { backupFailure } from "./backup-failure.ts";
import type { SavedFile } from "./manifest.ts";

/** Where a project's files are. */
export interface ProjectPlace {
  /** Absolute path. */
  readonly root: string;
  /** Absolute path of the configuration, where there is one. */
  readonly configFile?: string;
  /** Absolute path of the data folder. */
  readonly dataDirectory: string;
}

/** Lines of the list that become one part. */
const LIST_BYTES = 4 * 1024 * 1024;

/** Writes the configuration and the file of encrypted secrets into the archive, as far as they are there. */
export async function saveFiles(place: ProjectPlace, archive: ArchiveWriter): Promise<SavedFile[]> {
  const saved: SavedFile[] = [];
  const add = async (path: string, name: string, mode: number): Promise<void> => {
    const content = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw backupFailure(`${path} cannot be read`, error);
    });
    if (content === undefined) return;
    const entry = `files/${String(saved.length + 1).padStart(3, "0")}`;
    await archive.add(entry, content);
    saved.push({ path: name, entry, mode });
  };
  if (place.configFile !== undefined)
    await add(place.configFile, relative(place.root, place.configFile), 0o644);
  await add(join(place.dataDirectory, "secrets.json"), SECRETS_FILE, 0o600);
  return saved;
}

/** Stands for `secrets.json` of the data folder, wherever that is. */
const SECRETS_FILE = "<data>/secrets.json";

/** What became of a file. */
export interface RestoredFile {
  readonly path: string;
  readonly outcome: "restored" | "same" | "replaced" | "kept";
}

/**
 * Puts files back. One that is there and differs stays as it is, unless `replace`: then it is kept under its name with
 * `.before-restore`.
 */
export async function restoreFiles(
  archive: ArchiveReader,
  place: ProjectPlace,
  replace: boolean,
): Promise<RestoredFile[]> {
  const restored: RestoredFile[] = [];
  for (const { path, entry, mode } of archive.manifest.files) {
    const target = targetOf(place, path);
    const content = await archive.read(entry);
    const there = await readFile(target).catch(() => undefined);
    const same = there?.equals(content) === true;
    const outcome = there === undefined ? "restored" : same ? "same" : replace ? "replaced" : "kept";
    try {
      if (outcome === "replaced") await rename(target, `${target}.before-restore`);
      if (outcome === "restored" || outcome === "replaced") {
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, content, { mode });
      }
    } catch (error) {
      throw backupFailure(`${target} cannot be written`, error);
    }
    restored.push({ path: target, outcome });
  }
  return restored;
}

/** A name out of an archive never leads out of the project. */
function targetOf(place: ProjectPlace, path: string): string {
  if (path === SECRETS_FILE) return join(place.dataDirectory, "secrets.json");
  const target = resolve(place.root, path);
  if (target.startsWith(place.root + sep)) return target;
  throw backupFailure(`The backup has a file ${path}`, new Error("it lies outside the project"));
}

/** What lies in the data folder besides databases and secrets, as a list with sizes and SHA-256: the files stay where they are. */
export async function saveStorageList(
  { dataDirectory }: ProjectPlace,
  archive: ArchiveWriter,
): Promise<{ files: number; bytes: number }> {
  let lines: string[] = [];
  let length = 0;
  let part = 0;
  const total = { files: 0, bytes: 0 };
  const flush = async (): Promise<void> => {
    part += 1;
    await archive.addCompressed(
      `storage/${String(part).padStart(7, "0")}.jsonl.gz`,
      Buffer.from(lines.join("")),
    );
    lines = [];
    length = 0;
  };
  for await (const path of filesBelow(dataDirectory)) {
    const known = await describe(path).catch(() => undefined);
    // Gone meanwhile: journals and files of runs come and go.
    if (known === undefined) continue;
    const line = `${JSON.stringify({ path: relative(dataDirectory, path).replaceAll(sep, "/"), ...known })}\n`;
    lines.push(line);
    length += line.length;
    total.files += 1;
    total.bytes += known.bytes;
    if (length > LIST_BYTES) await flush();
  }
  if (lines.length > 0) await flush();
  return total;
}

/** The databases' own folders are no files of Millrace. */
const NOT_LISTED = new Set(["postgres", "secrets.json"]);

async function* filesBelow(folder: string, top = true): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (top && (NOT_LISTED.has(entry.name) || entry.name.startsWith("secrets.json."))) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path, false);
    else if (entry.isFile()) yield path;
  }
}

async function describe(path: string): Promise<{ bytes: number; modifiedAt: string; sha256: string }> {
  const { mtime } = await lstat(path);
  const sum = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    sum.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, modifiedAt: mtime.toISOString(), sha256: sum.digest("hex") };
}

/** A file of the list that is not where it was, or has another size. */
export interface MissingFile {
  readonly path: string;
  readonly bytes: number;
}

/** Compares the list with the data folder; the first 1,000 that are missing or have another size. */
export async function missingFiles(archive: ArchiveReader, dataDirectory: string): Promise<MissingFile[]> {
  const missing: MissingFile[] = [];
  for await (const part of archive.folder("storage")) {
    for (const line of part.toString("utf8").split("\n")) {
      if (line === "" || missing.length >= 1_000) continue;
      const { path, bytes } = JSON.parse(line) as MissingFile;
      const found = await stat(join(dataDirectory, path)).catch(() => undefined);
      if (found?.size !== bytes) missing.push({ path, bytes });
    }
  }
  return missing;
}
