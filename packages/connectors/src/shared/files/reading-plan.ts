import { MillraceError, type ReadContext } from "@millrace/core";
import type { Candidate } from "./candidate.ts";
import type { FileFormat } from "./file-format.ts";
import type { FileRecord, FilesState } from "./files-state.ts";
import type { Mark } from "./mark.ts";

/** A file to read, and where to go on in it. */
export interface PlannedFile {
  readonly candidate: Candidate;
  readonly from?: { readonly mark: Mark; readonly rows: number };
}

/** What a reading has to do. */
export interface ReadingPlan {
  /** A whole reading from its start; false where an open epoch goes on or none is wanted. */
  readonly begin: boolean;
  readonly files: readonly PlannedFile[];
  /** Records of files that need not be read. */
  readonly kept: Readonly<Record<string, FileRecord>>;
  /** Rows of files that were not read because they are unchanged since an earlier run. */
  readonly unchangedRows: number;
  /** Nothing is to be read, and no epoch is open. */
  readonly nothing: boolean;
}

/** What a plan is made from. */
export interface PlanInput {
  readonly format: FileFormat;
  readonly stream: string;
  readonly candidates: readonly Candidate[];
  readonly prior: FilesState | undefined;
  readonly context: ReadContext;
}

/** Decides what to read: everything, what an interrupted run left, what is new, or nothing. */
export async function planReading(input: PlanInput): Promise<ReadingPlan> {
  const { candidates, prior, context } = input;
  if (context.full || prior === undefined) return everything(input, candidates);
  if (context.wants === "news") return news(input, prior);
  const open = context.openEpochs.some((epoch) => epoch.stream === input.stream);
  if (open) return (await resumed(input, prior)) ?? everything(input, candidates);
  if (await allUnchanged(input, prior)) {
    return { begin: false, files: [], kept: prior.files, unchangedRows: rowsOf(prior.files), nothing: true };
  }
  return everything(input, candidates);
}

function everything({ context }: PlanInput, candidates: readonly Candidate[]): ReadingPlan {
  return {
    begin: context.wants === "everything",
    files: candidates.map((candidate) => ({ candidate })),
    kept: {},
    unchangedRows: 0,
    nothing: false,
  };
}

async function allUnchanged({ format, candidates }: PlanInput, prior: FilesState): Promise<boolean> {
  if (!prior.whole || prior.reading) return false;
  const names = new Set(candidates.map((candidate) => candidate.name));
  if (!Object.keys(prior.files).every((name) => names.has(name))) return false;
  for (const candidate of candidates) {
    const record = prior.files[candidate.name];
    if (
      record === undefined
        ? !(await isMissing(candidate, format))
        : !(await isSame(candidate, record, format))
    ) {
      return false;
    }
  }
  return true;
}

/** Goes on with an open reading where all it saw so far is still the same; undefined where it has to start over. */
async function resumed(
  { format, candidates, context }: PlanInput,
  prior: FilesState,
): Promise<ReadingPlan | undefined> {
  if (!prior.reading) return undefined;
  const names = new Set(candidates.map((candidate) => candidate.name));
  const seen = [...Object.keys(prior.files), ...(prior.at === undefined ? [] : [prior.at.file])];
  if (!seen.every((name) => names.has(name))) return undefined;
  const files: PlannedFile[] = [];
  for (const candidate of candidates) {
    const record = prior.files[candidate.name];
    if (record !== undefined) {
      if (!(await isSame(candidate, record, format))) return undefined;
      continue;
    }
    const from = await continuation(candidate, prior, context);
    if (from === undefined && prior.at?.file === candidate.name) return undefined;
    files.push(from === undefined ? { candidate } : { candidate, from });
  }
  return { begin: false, files, kept: prior.files, unchangedRows: 0, nothing: false };
}

async function news({ format, candidates, context }: PlanInput, prior: FilesState): Promise<ReadingPlan> {
  const files: PlannedFile[] = [];
  let unchangedRows = 0;
  for (const candidate of candidates) {
    const record = prior.files[candidate.name];
    if (record !== undefined && (await isSame(candidate, record, format))) {
      unchangedRows += record.rows;
      continue;
    }
    let from = await continuation(candidate, prior, context);
    if (from === undefined && record !== undefined) {
      from = await growth(candidate, record, format, context);
      unchangedRows += from?.rows ?? 0;
    }
    files.push(from === undefined ? { candidate } : { candidate, from });
  }
  return { begin: false, files, kept: prior.files, unchangedRows, nothing: files.length === 0 };
}

/** Where an interrupted run stopped in this file, if its beginning is still the same. */
async function continuation(
  candidate: Candidate,
  { at }: FilesState,
  context: ReadContext,
): Promise<PlannedFile["from"]> {
  if (at?.file !== candidate.name) return undefined;
  const file = await candidate.open();
  const same = await file.startsWith(at.prefix.bytes, at.prefix.hash, context.signal);
  return same ? { mark: at.mark, rows: at.rows } : undefined;
}

/** The old end of a file that has only been added to. */
async function growth(
  candidate: Candidate,
  record: FileRecord,
  format: FileFormat,
  context: ReadContext,
): Promise<PlannedFile["from"]> {
  if (!format.grows || record.end === undefined) return undefined;
  const file = await candidate.open();
  const grown = file.size > record.size && (await file.startsWith(record.size, record.hash, context.signal));
  return grown ? { mark: record.end, rows: record.rows } : undefined;
}

async function isSame(candidate: Candidate, record: FileRecord, format: FileFormat): Promise<boolean> {
  try {
    return await candidate.sameAs(record);
  } catch (error) {
    if (format.options.optional && isNotFound(error)) return false;
    throw error;
  }
}

async function isMissing(candidate: Candidate, format: FileFormat): Promise<boolean> {
  if (!format.options.optional || candidate.location.kind !== "url") return false;
  try {
    await candidate.open();
    return false;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}

/** True for what a missing address fails with. */
export function isNotFound(error: unknown): boolean {
  return error instanceof MillraceError && error.code === "MLR_SOURCE_NOT_FOUND";
}

function rowsOf(files: Readonly<Record<string, FileRecord>>): number {
  return Object.values(files).reduce((sum, record) => sum + record.rows, 0);
}
