import type { Json } from "@millrace/core";
import { setParam } from "../client/draft.ts";
import { follow, parseSteps } from "../select-path.ts";
import type { Paginate } from "./options.ts";
import { isNothing, type Paginator } from "./paginator.ts";

/** Pages by number. The state is the number. */
export function numberedPages(options: Extract<Paginate, { kind: "pages" }>): Paginator {
  const total = reader(options.totalPages);
  const more = reader(options.more);
  return {
    kind: options.kind,
    served: options.totalPages !== undefined || options.more !== undefined,
    first: options.start,
    ahead: options.ahead,
    likely: (state) => Number(state) + 1,
    apply(draft, state) {
      setParam(draft, options.in, options.param, Number(state));
      if (options.size !== undefined) setParam(draft, options.in, options.sizeParam, options.size);
    },
    after({ document }, state) {
      const page = Number(state);
      if (more !== undefined && isNothing(more(document))) return { end: true };
      const pageCount = numberOf(total?.(document));
      if (pageCount !== undefined && page - options.start + 1 >= pageCount) return { end: true };
      return { state: page + 1 };
    },
  };
}

/** Pages by offset. The state is the offset. */
export function offsetPages(options: Extract<Paginate, { kind: "offsets" }>): Paginator {
  const total = reader(options.total);
  const more = reader(options.more);
  return {
    kind: options.kind,
    served: options.total !== undefined || options.more !== undefined,
    first: options.start,
    ahead: options.ahead,
    likely: (state) => Number(state) + options.size,
    apply(draft, state) {
      setParam(draft, options.in, options.param, Number(state));
      setParam(draft, options.in, options.sizeParam, options.size);
    },
    after({ document, rowCount }, state): { state: Json } | { end: true } {
      if (more !== undefined && isNothing(more(document))) return { end: true };
      const next = Number(state) + rowCount;
      const rows = numberOf(total?.(document));
      if (rows !== undefined && next >= rows) return { end: true };
      return { state: next };
    },
  };
}

function reader(path: string | undefined): ((document: unknown) => unknown) | undefined {
  if (path === undefined) return undefined;
  const steps = parseSteps(path) ?? [];
  return (document) => follow(document, steps);
}

/** A count, also one that is written as a text. */
function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}
