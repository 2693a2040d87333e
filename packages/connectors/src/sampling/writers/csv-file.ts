import { mkdir, open, readdir, stat, truncate, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { parseOptions, type Clock } from "@millrace/core";
import { z } from "zod";
import type { Sample, SampleBatch, SamplingWriter } from "../../shared/sampling/index.ts";

/** Options of `csvFile()`. */
export const csvFileOptions = z.strictObject({
  /** Folder of the files, in the project's; made where it is missing. */
  folder: z.string().min(1),
  /** What the files' names begin with. Default `samples`. */
  prefix: z
    .string()
    .regex(/^[\w.-]+$/)
    .default("samples"),
  /** A new file is begun before one is larger than this, in bytes. Default 100 MiB. */
  maxBytes: z
    .number()
    .int()
    .min(1_000)
    .default(100 * 1024 ** 2),
  /** A new file is begun when one is this old, in ms. Default 86,400,000: a day. */
  maxAgeMs: z.number().int().positive().default(86_400_000),
});

/** Options of `csvFile()`, as users write them. */
export type CsvFileOptions = z.input<typeof csvFileOptions>;

const HEADER = "context,variable,name,time,value,quality,code,source_time,read_time\r\n";

/**
 * Writes samples to CSV files, in their order, a new file by size and by age. Files are named after when they were begun.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example csvFile({ folder: "samples" })
 */
export function csvFile(options: CsvFileOptions): SamplingWriter {
  return new CsvFileWriter(parseOptions(csvFileOptions, options, "csvFile()"));
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly path: string;
  /** ms since 1970. */
  readonly begun: number;
  bytes: number;
}

class CsvFileWriter implements SamplingWriter {
  readonly name = "csv";
  readonly #o: z.output<typeof csvFileOptions>;
  #clock: Clock | undefined;
  #folder = "";
  #file: OpenFile | undefined;

  constructor(options: z.output<typeof csvFileOptions>) {
    this.#o = options;
  }

  async open({ clock, directory }: { readonly clock: Clock; readonly directory: string }): Promise<void> {
    this.#clock = clock;
    this.#folder = path.resolve(directory, this.#o.folder);
    await mkdir(this.#folder, { recursive: true });
  }

  async write(batches: readonly SampleBatch[]): Promise<void> {
    let text = "";
    for (const batch of batches) text += batch.samples.map((sample) => lineOf(batch, sample)).join("");
    const bytes = Buffer.from(text);
    const file = await this.#fileFor(bytes.length);
    try {
      for (let at = 0; at < bytes.length;) at += (await file.handle.write(bytes, at)).bytesWritten;
      file.bytes += bytes.length;
    } catch (error) {
      // The same samples come again: half of them must not stand there already.
      await truncate(file.path, file.bytes).catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.sync().catch(() => undefined);
    await file?.handle.close();
  }

  async #fileFor(bytes: number): Promise<OpenFile> {
    const now = this.#clock?.now() ?? 0;
    const { maxBytes, maxAgeMs } = this.#o;
    const file = this.#file;
    if (file !== undefined && file.bytes + bytes <= maxBytes && now - file.begun < maxAgeMs) return file;
    await this.close();
    return this.#begin(now);
  }

  async #begin(now: number): Promise<OpenFile> {
    const stamp = new Date(now).toISOString().slice(0, 19).replaceAll(":", "-");
    const taken = new Set(await readdir(this.#folder));
    let name = `${this.#o.prefix}-${stamp}Z.csv`;
    for (let count = 2; taken.has(name); count += 1) name = `${this.#o.prefix}-${stamp}Z-${count}.csv`;
    const full = path.join(this.#folder, name);
    const handle = await open(full, "ax");
    await handle.write(HEADER);
    this.#file = { handle, path: full, begun: now, bytes: (await stat(full)).size };
    return this.#file;
  }
}

function lineOf({ context, time }: SampleBatch, sample: Sample): string {
  const { variable, value, quality, code, sourceTime, readTime } = sample;
  const fields = [
    context.id,
    variable.id,
    variable.name ?? variable.address,
    new Date(time).toISOString(),
    value ?? "",
    quality,
    code ?? "",
    sourceTime === undefined ? "" : new Date(sourceTime).toISOString(),
    new Date(readTime).toISOString(),
  ];
  return `${fields.map(quoted).join(",")}\r\n`;
}

function quoted(field: string | number | bigint | boolean): string {
  const text = String(field);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
