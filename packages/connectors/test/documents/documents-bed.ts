import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { executeRun, type Pipeline, pipeline, type RunReport, type TableOptions } from "@millrace/core";
import { memoryDestination, type MemoryDestination } from "@millrace/core/testing";
import { documents, type DocumentsOptions } from "../../src/documents/index.ts";
import { memoryLedger, type MemoryLedger } from "./memory-ledger.ts";

/** A folder of documents, and a destination in memory that outlives runs. */
export interface DocumentsBed {
  readonly directory: string;
  readonly folder: string;
  readonly destination: MemoryDestination;
  readonly ledger: MemoryLedger;
  /** Texts that runs said. */
  readonly said: string[];
  /** Puts a file into the inbox, all of it at once. */
  put(name: string | Buffer, content: string | Uint8Array): Promise<void>;
  /** Names of files in a folder, sorted. */
  files(folder: "inbox" | "processing" | "done" | "failed"): Promise<string[]>;
  read(folder: "done" | "failed", name: string): Promise<string>;
  pipeline(options?: Partial<DocumentsOptions>, tables?: Readonly<Record<string, TableOptions>>): Pipeline;
  run(options?: Partial<DocumentsOptions>, more?: RunMore): Promise<RunReport>;
  close(): Promise<void>;
}

/** How a run is other than usual. */
export interface RunMore {
  readonly tables?: Readonly<Record<string, TableOptions>>;
  readonly full?: boolean;
  readonly limit?: number;
  readonly signal?: AbortSignal;
  readonly name?: string;
  /** Where the pipeline keeps what is its own. */
  readonly dataDirectory?: string;
}

let attempts = 0n;

/** Files are taken at once, and looked for often. */
const HURRIED = { poll: 20, stableFor: 0, retryDelay: 1 } as const;

export async function documentsBed(): Promise<DocumentsBed> {
  const directory = await mkdtemp(path.join(tmpdir(), "millrace-documents-"));
  const folder = path.join(directory, "papers");
  await mkdir(path.join(folder, "inbox"), { recursive: true });
  const destination = memoryDestination();
  const ledger = memoryLedger();
  const said: string[] = [];
  const TABLES = { documents: { name: "documents", mode: "append" } } as const;
  const make: DocumentsBed["pipeline"] = (options = {}, tables = TABLES) =>
    pipeline("papers", {
      source: documents({ folder: "papers", ...HURRIED, ...options }),
      destination: destination.tables(tables),
      retry: { attempts: 1 },
    });
  return {
    directory,
    folder,
    destination,
    ledger,
    said,
    async put(name, content) {
      const at = (part: string | Buffer): Buffer =>
        Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(part)]);
      const to = Buffer.concat([Buffer.from("inbox/"), Buffer.from(name)]);
      await mkdir(path.dirname(at(to).toString()), { recursive: true });
      const coming = `coming-${crypto.randomUUID()}`;
      await writeFile(at(coming), content);
      await rename(at(coming), at(to));
    },
    files: async (which) => {
      const found = await readdir(path.join(folder, which), { recursive: true, withFileTypes: true });
      return found
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .toSorted();
    },
    read: (which, name) => readFile(path.join(folder, which, name), "utf8"),
    pipeline: make,
    run: (options = {}, { tables, name, dataDirectory, ...more } = {}) => {
      const made = make(options, tables);
      return executeRun({
        pipeline: name === undefined ? made : { ...made, name },
        environment: {
          databaseUrl: () => Promise.reject(new Error("unused")),
          directory,
          ...(dataDirectory === undefined ? {} : { dataDirectory }),
        },
        run: crypto.randomUUID(),
        attempts: { next: () => Promise.resolve(++attempts) },
        documents: ledger,
        observe: (event) => {
          if (event.type === "log") said.push(event.message);
        },
        ...more,
      });
    },
    close: () => rm(directory, { recursive: true, force: true }),
  };
}
