import type { Json } from "./json.ts";

/** Where a document is between its arrival and its place among those that are done. */
export type DocumentState =
  /** A stage is due. */
  | "waiting"
  /** Its confidence is below what is wanted: a person looks at it. */
  | "review"
  /** Its rows are on their way into the destination. */
  | "landing"
  | "done"
  /** Put aside with the reason. */
  | "failed"
  /** The same content came before; it was put with those that are done. */
  | "duplicate"
  /** A person said that it is not to be landed. */
  | "rejected";

/** How a document stands. Told again whenever it changes, always the whole of it. */
export interface DocumentRecord {
  /** UUID. */
  readonly id: string;
  /** Of the file, as it came. */
  readonly name: string;
  /** Such as `invoice`; null: not known yet. */
  readonly type: string | null;
  /** The stage that is due, or at which it stopped. */
  readonly stage: string;
  readonly state: DocumentState;
  /** At this stage, the present one included. */
  readonly attempts: number;
  readonly bytes: number;
  /** SHA-256 of the content as hex; null: not read yet. */
  readonly sha256: string | null;
  readonly priority: number;
  readonly pages: number | null;
  /** 0 to 1; null: nothing was extracted. */
  readonly confidence: number | null;
  /** Path of the file, relative to the folder of its documents. */
  readonly file: string;
  /** ISO 8601. */
  readonly receivedAt: string;
  readonly changedAt: string;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Values, lines, problems and places, as far as they were extracted. */
  readonly fields: Json;
}

/** Something that happened to a document. */
export interface DocumentTransition {
  /** Counts up over all documents of a pipeline and never repeats. */
  readonly number: number;
  readonly document: string;
  readonly stage: string;
  /** What came of it, such as `done`, `failed`, `retry`, `review`. */
  readonly outcome: string;
  /** ISO 8601. */
  readonly at: string;
  /** How long the stage took. */
  readonly durationMs: number;
  readonly attempt: number;
  readonly message: string | null;
}

/** A page as people look at it. */
export interface DocumentPage {
  readonly document: string;
  /** From 1 on. */
  readonly page: number;
  readonly width: number;
  readonly height: number;
  /** Such as `image/webp`. */
  readonly contentType: string;
  readonly image: Uint8Array;
}

/** What is told together, and becomes durable together. */
export interface DocumentNews {
  readonly documents: readonly DocumentRecord[];
  readonly transitions: readonly DocumentTransition[];
}

/** What a person wants of a document. */
export interface DocumentDecision {
  /** UUID of the decision. */
  readonly id: string;
  readonly document: string;
  /** `accept`: land it, with `values` in place of what was read. `reject`: never. `reprocess`: from `stage` on. */
  readonly kind: "accept" | "reject" | "reprocess";
  readonly values?: Readonly<Record<string, Json>>;
  /** Rows of tables in place of what was read. */
  readonly lines?: Readonly<Record<string, readonly Readonly<Record<string, Json>>[]>>;
  readonly stage?: string;
  /** Who decided. */
  readonly by: string;
}

/** What became of a decision. */
export interface DecisionOutcome {
  readonly id: string;
  /** Why it was not followed. Absent: it was. */
  readonly refused?: string;
}

/**
 * Where a source of documents tells what becomes of them, and hears what people decided. What it has told it need not tell
 * again; what fails it tells again later, which changes nothing where it had arrived.
 */
export interface DocumentLedger {
  /** Resolves when it is durable. */
  tell(news: DocumentNews): Promise<void>;
  /** Puts the pages of a document where people can look at them. */
  show(document: string, pages: readonly DocumentPage[]): Promise<void>;
  /** Decisions that were not answered yet, the oldest first. */
  decisions(): Promise<readonly DocumentDecision[]>;
  answer(outcomes: readonly DecisionOutcome[]): Promise<void>;
}
