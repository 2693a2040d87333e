import type { Reading, ReaderStatus, Variable } from "../../../shared/sampling/index.ts";

/** What the thread is started with. */
export interface ThreadData {
  /** Address of a module whose default export makes a reader of `options`. */
  readonly module: string;
  readonly options: unknown;
  readonly directory: string;
}

/** What the thread is asked. */
export type ThreadRequest =
  | {
      readonly id: number;
      readonly kind: "read";
      readonly list: number;
      readonly connection: string;
      readonly variables?: readonly Variable[];
    }
  | { readonly id: number; readonly kind: "abort"; readonly read: number }
  | { readonly id: number; readonly kind: "close" };

/** What the thread says. */
export type ThreadReply =
  | {
      readonly kind: "readings";
      readonly id: number;
      readonly readings: readonly Reading[];
      readonly status: readonly ReaderStatus[];
    }
  | { readonly kind: "failed"; readonly id: number; readonly message: string }
  | { readonly kind: "closed"; readonly id: number }
  | { readonly kind: "log"; readonly level: "debug" | "info" | "warn"; readonly message: string };
