import type { Json } from "@millrace/core";
import type { Draft } from "../client/draft.ts";

/** What a paginator looks at: one answer. */
export interface PageView {
  /** The address that answered, behind redirects. */
  readonly url: URL;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The decoded document; undefined for lines and CSV. */
  readonly document: unknown;
  readonly rowCount: number;
  readonly lastRow: unknown;
}

/** What follows a page: another one, or nothing. `doubt` says why what was read may not be all. */
export type Following =
  { readonly state: Json } | { readonly end: true; readonly doubt?: string; readonly log?: string };

/** A way in which pages follow one another. All it needs to go on is in the state. */
export interface Paginator {
  readonly kind: string;
  /** The server names what follows, so that an empty page may have one behind it. */
  readonly served: boolean;
  /** State of the first page. */
  readonly first: Json;
  /** Makes the request for a page. */
  apply(draft: Draft, state: Json): void;
  /** What follows the page that `state` stands for. */
  after(page: PageView, state: Json): Following;
  /** How many pages may be asked for at the same time, and the state that most likely follows. */
  readonly ahead?: number;
  likely?(state: Json): Json;
}

/** True for what ends a chain of cursors. */
export function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === "" || value === false;
}
