import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { MillraceError, parseJsonExact } from "@millrace/core";
import { exactJson } from "./protocol/index.ts";
import { makeTapFolder } from "./tap-folder.ts";

/** A JSON document that a tap is given: an object, its text, or the path of a file. */
export type TapDocument = string | Readonly<Record<string, unknown>>;

/** Files for a tap, in a folder that only this user can read, until `remove`. */
export class TapFiles {
  readonly #directory: string;
  #folder: string | undefined;

  /** @param directory where relative paths start. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The path of a document; an object is written to a private file. */
  async place(name: string, document: TapDocument): Promise<string> {
    if (typeof document === "string") return path.resolve(this.#directory, document);
    return this.write(name, exactJson(document));
  }

  /** Writes a private file and gives its path. */
  async write(name: string, text: string): Promise<string> {
    this.#folder ??= await makeTapFolder();
    const file = path.join(this.#folder, `${name}.json`);
    await writeFile(file, text, { mode: 0o600, flag: "wx" });
    return file;
  }

  /** The content of a document. Fails with MLR_SOURCE_NOT_FOUND or MLR_SOURCE_FORMAT. */
  async content(name: string, document: TapDocument): Promise<unknown> {
    if (typeof document !== "string") return document;
    const file = path.resolve(this.#directory, document);
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (cause) {
      throw new MillraceError("MLR_SOURCE_NOT_FOUND", `the file ${file} (option ${name}) cannot be read`, {
        hint: `Correct the path, or give the ${name} as an object.`,
        details: { file },
        cause,
      });
    }
    try {
      return parseJsonExact(text);
    } catch {
      // What is wrong with it may quote a secret.
      throw new MillraceError("MLR_SOURCE_FORMAT", `the file ${file} (option ${name}) is no JSON`, {
        hint: "Correct the file.",
        details: { file },
      });
    }
  }

  /** Removes them all. Idempotent. */
  async remove(): Promise<void> {
    const folder = this.#folder;
    this.#folder = undefined;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
