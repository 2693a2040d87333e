import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { isAlive } from "../embedded/postmaster.ts";
import type { RunRecord } from "./run-record.ts";
import { storableJson } from "./storable-json.ts";

/** Run records that the control database did not take, a file per run, until it does. */
export class RunFallback {
  readonly #directory: string;

  /** @param directory made when it is needed. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The file of a run's record. */
  file(id: string): string {
    return join(this.#directory, `run-${id}.json`);
  }

  async keep(record: RunRecord): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const draft = `${this.file(record.id)}.${process.pid}`;
    await writeFile(draft, `${storableJson(record)}\n`);
    await rename(draft, this.file(record.id));
  }

  async forget(id: string): Promise<void> {
    await rm(this.file(id), { force: true });
  }

  /** Records whose runs are over; one that was still running when its process ended comes as `died`. */
  async left(): Promise<RunRecord[]> {
    const names = await readdir(this.#directory).catch((): string[] => []);
    const records: RunRecord[] = [];
    for (const name of names.filter((candidate) => /^run-[\da-f-]{36}\.json$/.test(candidate))) {
      const record = await this.#read(join(this.#directory, name));
      if (record === undefined) continue;
      if (record.status !== "running") records.push(record);
      else if (record.host === hostname() && !isAlive(record.pid ?? 0))
        records.push({ ...record, status: "died" });
    }
    return records;
  }

  async #read(file: string): Promise<RunRecord | undefined> {
    try {
      // Written by `keep` alone.
      return JSON.parse(await readFile(file, "utf8")) as RunRecord;
    } catch {
      return undefined;
    }
  }
}
