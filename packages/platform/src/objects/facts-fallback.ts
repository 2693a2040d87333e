import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { storableJson } from "../store/storable-json.ts";
import type { RunFacts } from "./run-facts.ts";

const FILE = /^facts-[\da-f-]{36}\.json$/;

/** Facts of runs that the control database did not take, in files of their own, until it does. */
export class FactsFallback {
  readonly #directory: string;

  /** @param directory made when it is needed. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Returns the file. */
  async keep(facts: RunFacts): Promise<string> {
    await mkdir(this.#directory, { recursive: true });
    const file = join(this.#directory, `facts-${randomUUID()}.json`);
    // Under another name until it is whole: somebody may be taking files in.
    await writeFile(`${file}.new`, `${storableJson(facts)}\n`);
    await rename(`${file}.new`, file);
    return file;
  }

  /** Hands each file's facts to `take`, and deletes the file where that succeeds. */
  async takeIn(take: (facts: RunFacts) => Promise<void>): Promise<void> {
    const names = await readdir(this.#directory).catch((): string[] => []);
    for (const name of names.filter((each) => FILE.test(each))) {
      const file = join(this.#directory, name);
      try {
        // Written by `keep` alone.
        await take(JSON.parse(await readFile(file, "utf8")) as RunFacts);
        await rm(file, { force: true });
      } catch {
        // It stays until the database takes it.
      }
    }
  }
}
