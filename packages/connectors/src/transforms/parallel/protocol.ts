/** What a worker thread is started with: the URL of a module and the export that is the function. */
export interface WorkerData {
  readonly module: string;
  readonly export: string;
}

/** Rows for a worker. */
export interface Task {
  readonly id: number;
  readonly rows: readonly unknown[];
  /** The rows hold exact numbers, which travel packed, see `pack`. */
  readonly packed: boolean;
}

/** An error as it crosses threads. */
export interface RemoteError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

/** What a worker says. `unusable`: the function could not be loaded, and no task will succeed. */
export type Reply =
  | {
      readonly id: number;
      readonly results: readonly unknown[];
      readonly errors: readonly (readonly [number, RemoteError])[];
    }
  | { readonly unusable: RemoteError };
