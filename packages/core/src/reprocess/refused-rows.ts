import type { BrowseFilter } from "../browse.ts";

/** Which refused rows go through their pipeline again. */
export interface ReprocessRequest {
  /** The table that they were refused by, as `Inspector.tables` names it. */
  readonly table: string;
  /** Conditions on the columns of its quarantine: code, reason, file, line, run_id, rejected_at. Default: all rows. */
  readonly filters?: readonly BrowseFilter[] | undefined;
  /** At most so many, oldest first. Default: all. */
  readonly limit?: number | undefined;
}

/** A page of the rows that a pipeline had refused. */
export interface RefusedQuery {
  readonly pipeline: string;
  /** Rows that this run (UUID) refused are left out: they have been tried again. */
  readonly exceptRun: string;
  readonly filters: readonly BrowseFilter[];
  /** Id of the last row of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** A refused row, as the engine wrote it into the quarantine. */
export interface RefusedRow {
  /** UUID, rising with time. */
  readonly id: string;
  /** Column `row`: JSON text, with all digits of its numbers. */
  readonly row: string;
  /** Column `origin`: JSON text. */
  readonly origin: string;
  readonly file: string | null;
  readonly line: number | null;
}

/** Refused rows, oldest first. */
export interface RefusedPage {
  readonly rows: readonly RefusedRow[];
  /** There are more behind the last one. */
  readonly more: boolean;
  /** The table that they are in. */
  readonly quarantine: { readonly name: string; readonly namespace: string };
}

/** Rows of a quarantine that leave it. */
export interface LeavingRows {
  /** The quarantine's own name. */
  readonly table: string;
  readonly namespace: string;
  /** UUIDs of the rows. Where one of them is not there any more, the commit fails with MLR_DESTINATION_CONFLICT. */
  readonly ids: readonly string[];
}
