import { glob, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { MillraceError, nearest } from "@millrace/core";
import { addressName } from "./address-name.ts";
import type { FileOptions } from "./file-options.ts";
import type { S3Location } from "./s3/list-objects.ts";
import type { Archives, Member } from "./zip-archive.ts";

/** A file that was found, not opened yet. */
export type Location =
  | { readonly kind: "local"; readonly name: string; readonly path: string }
  | { readonly kind: "url"; readonly name: string; readonly url: URL }
  | {
      readonly kind: "s3";
      readonly name: string;
      readonly bucket: string;
      readonly key: string;
      readonly member?: string;
    }
  | {
      readonly kind: "member";
      readonly name: string;
      /** The archive. */
      readonly path: string;
      readonly member: Member;
    };

type Local = Location & { readonly kind: "local" };

/**
 * Finds the files that `path` stands for, each once, in a stable order. Addresses are not asked yet. A ZIP archive stands
 * for the files in it, as a folder would: `data/all.zip`, `data/all.zip/2026/*.csv`, `data/*.zip`.
 * Names are relative to `directory` and with `/`, so that a project may move.
 * Fails with MLR_SOURCE_NOT_FOUND, or MLR_ARGUMENT_INVALID for a folder.
 */
export async function locate(
  options: Pick<FileOptions, "path" | "optional">,
  directory: string,
  { archives, listObjects }: Reach,
): Promise<Location[]> {
  const found = new Map<string, Location>();
  const paths = Array.isArray(options.path) ? options.path : [options.path];
  for (const each of paths) {
    for (const location of await locateOne(each, {
      optional: options.optional,
      directory,
      archives,
      listObjects,
    })) {
      if (!found.has(location.name)) found.set(location.name, location);
    }
  }
  return [...found.values()];
}

/** What finding files needs besides the disk. */
export interface Reach {
  readonly archives: Archives;
  /** The keys of a bucket that a pattern matches. */
  listObjects(location: S3Location): Promise<readonly string[]>;
}

interface Search extends Reach {
  readonly optional: boolean;
  readonly directory: string;
}

async function locateOne(given: string | URL, search: Search): Promise<Location[]> {
  const { optional, directory } = search;
  if (typeof given === "string" && /^s3:\/\//i.test(given)) return locateObjects(given, search);
  const url = asUrl(given);
  if (url !== undefined && url.protocol !== "file:") return [{ kind: "url", name: nameOf(url), url }];
  const wanted = url === undefined ? String(given) : fileURLToPath(url);
  const absolute = path.resolve(directory, wanted);
  const found = await kindOf(absolute);
  if (found === "file") {
    const files = await unpacked([local(absolute, directory)], "**", search);
    if (files.length > 0 || optional) return files;
    throw new MillraceError("MLR_SOURCE_NOT_FOUND", `the archive ${absolute} holds no files`, {
      hint: "Set `optional: true` if that is fine.",
      details: { path: absolute },
    });
  }
  if (found === "other") {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `${absolute} is a folder or device, not a file`, {
      hint: `Name the files in it, for instance with a glob: ${path.posix.join(slashes(wanted), "*.csv")}`,
      details: { path: absolute },
    });
  }
  const matches = await matchesInside(wanted, search);
  if (matches.length > 0 || optional) return matches;
  throw await notFound(wanted, absolute, directory);
}

/** An object, of an archive perhaps one file (`s3://bucket/all.zip#a.csv`), or the objects that a pattern matches. */
async function locateObjects(given: string, { optional, listObjects }: Search): Promise<Location[]> {
  const [, bucket, wanted = ""] = /^s3:\/\/([^/]+)\/?(.*)$/is.exec(given) ?? [];
  if (bucket === undefined || wanted === "" || wanted.endsWith("/")) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `${given} names no object`, {
      hint: "Write s3://bucket/key, or a pattern such as s3://bucket/2026/*.csv.",
      details: { path: given },
    });
  }
  const [, key = wanted, member] = /^(.*\.zip)#(.+)$/is.exec(wanted) ?? [];
  if (!isGlob(key)) {
    const part = member === undefined ? {} : { member };
    return [{ kind: "s3", name: `s3://${bucket}/${wanted}`, bucket, key, ...part }];
  }
  const keys = await listObjects({ bucket, key });
  if (keys.length === 0 && !optional) {
    throw new MillraceError("MLR_SOURCE_NOT_FOUND", `no object matches ${given}`, {
      hint: "Check the pattern, or set `optional: true` if having none is fine.",
      details: { pattern: given },
    });
  }
  return keys.map((each) => ({ kind: "s3", name: `s3://${bucket}/${each}`, bucket, key: each }));
}

/** Behind # stands which file of an archive is meant. */
function nameOf(url: URL): string {
  return `${addressName(url)}${/\.zip$/i.test(url.pathname) ? decodeURIComponent(url.hash) : ""}`;
}

function asUrl(given: string | URL): URL | undefined {
  if (given instanceof URL) return given;
  return /^(https?|file):\/\//i.test(given) && URL.canParse(given) ? new URL(given) : undefined;
}

async function kindOf(absolute: string): Promise<"file" | "other" | undefined> {
  try {
    return (await stat(absolute)).isFile() ? "file" : "other";
  } catch {
    return undefined;
  }
}

/** What a pattern matches, on the disk or in archives. */
async function matchesInside(wanted: string, search: Search): Promise<Location[]> {
  const { directory } = search;
  const inside = /^(.*?\.zip)[\\/](.+)$/i.exec(wanted);
  if (inside === null)
    return isGlob(wanted) ? unpacked(await matchesOf(wanted, directory), "**", search) : [];
  const [, archive = "", pattern = ""] = inside;
  const absolute = path.resolve(directory, archive);
  const archives =
    (await kindOf(absolute)) === "file"
      ? [local(absolute, directory)]
      : isGlob(archive)
        ? await matchesOf(archive, directory)
        : [];
  return unpacked(archives, slashes(pattern), search);
}

/** The members of archives that match, in place of the archives; other files as they are. */
async function unpacked(found: readonly Local[], pattern: string, { archives }: Search): Promise<Location[]> {
  const all: Location[] = [];
  for (const location of found) {
    if (!/\.zip$/i.test(location.path)) {
      all.push(location);
      continue;
    }
    const { members } = await archives.get(location.path);
    const wanted = members.filter(({ name }) => name === pattern || path.posix.matchesGlob(name, pattern));
    for (const member of wanted.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
      all.push({ kind: "member", name: `${location.name}/${member.name}`, path: location.path, member });
  }
  return all;
}

function isGlob(pattern: string): boolean {
  return /[*?[{]/.test(pattern);
}

async function matchesOf(pattern: string, directory: string): Promise<Local[]> {
  const matches: Local[] = [];
  for await (const match of glob(pattern, { cwd: directory })) {
    const absolute = path.resolve(directory, match);
    if ((await kindOf(absolute)) === "file") matches.push(local(absolute, directory));
  }
  return matches.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function local(absolute: string, directory: string): Local {
  const relative = path.relative(directory, absolute);
  const inside = relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
  return { kind: "local", name: slashes(inside ? relative : absolute), path: absolute };
}

function slashes(value: string): string {
  return path.sep === "\\" ? value.replaceAll("\\", "/") : value;
}

async function notFound(wanted: string, absolute: string, directory: string): Promise<MillraceError> {
  if (isGlob(wanted)) {
    return new MillraceError("MLR_SOURCE_NOT_FOUND", `no file matches ${wanted} in ${directory}`, {
      hint: "Check the pattern, or set `optional: true` if having no file is fine.",
      details: { pattern: wanted, directory },
    });
  }
  return new MillraceError("MLR_SOURCE_NOT_FOUND", `the file ${absolute} does not exist`, {
    hint: await hintFor(absolute, directory),
    details: { path: absolute, directory },
  });
}

async function hintFor(absolute: string, directory: string): Promise<string> {
  const folder = path.dirname(absolute);
  try {
    const guess = nearest(path.basename(absolute), await readdir(folder));
    if (guess !== undefined) return `Did you mean ${path.join(folder, guess)}?`;
    return `Relative paths start at the project's folder, ${directory}. Set \`optional: true\` if the file may be missing.`;
  } catch {
    return `The folder ${folder} does not exist either. Relative paths start at the project's folder, ${directory}.`;
  }
}
