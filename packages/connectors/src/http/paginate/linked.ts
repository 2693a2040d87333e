import { JsonNumber, MillraceError } from "@millrace/core";
import { setParam } from "../client/draft.ts";
import { follow, parseSteps } from "../select-path.ts";
import { parseLinkHeader } from "./link-header.ts";
import type { Paginate } from "./options.ts";
import { isNothing, type Following, type PageView, type Paginator } from "./paginator.ts";

type Of<K extends Paginate["kind"]> = Extract<Paginate, { kind: K }>;

/** One page. */
export function onePage(): Paginator {
  return { kind: "single", served: true, first: null, apply: () => undefined, after: () => ({ end: true }) };
}

/** The document, or its last row, has the next cursor. The state is the cursor. */
export function cursorInBody(options: Of<"body-cursor">): Paginator {
  const steps = parseSteps(options.path ?? options.row ?? "") ?? [];
  const more = options.more === undefined ? undefined : (parseSteps(options.more) ?? []);
  const onRow = options.row !== undefined;
  return carried(options.kind, options, ({ document, lastRow, rowCount }) => {
    if (more !== undefined && isNothing(follow(document, more))) return undefined;
    if (onRow && rowCount === 0) return undefined;
    return follow(onRow ? lastRow : document, steps);
  });
}

/** A header has the next cursor. The state is the cursor. */
export function cursorInHeader(options: Of<"header-cursor">): Paginator {
  const name = options.header.toLowerCase();
  return carried(options.kind, options, ({ headers }) => first(headers[name]));
}

/** The document has the address of the next page. The state is the address. */
export function linkInBody(options: Of<"next-link">): Paginator {
  const steps = parseSteps(options.path) ?? [];
  return linked(options.kind, ({ document }) => follow(document, steps), options.path);
}

/** The header `Link` has the address of the next page. The state is the address. */
export function linkInHeader({ kind, rel }: Of<"link-header">): Paginator {
  return linked(
    kind,
    ({ headers }) => parseLinkHeader(headers["link"]).get(rel.toLowerCase()),
    "the header Link",
  );
}

function carried(
  kind: string,
  { param, in: place }: Pick<Of<"header-cursor">, "param" | "in">,
  cursorOf: (page: PageView) => unknown,
): Paginator {
  return {
    kind,
    served: true,
    first: null,
    apply(draft, state) {
      if (typeof state === "string" || typeof state === "number") setParam(draft, place, param, state);
    },
    after(page) {
      const cursor = cursorOf(page);
      if (isNothing(cursor)) return { end: true };
      if (typeof cursor === "string" || typeof cursor === "number") return { state: cursor };
      if (typeof cursor === "bigint") return { state: cursor.toString() };
      if (cursor instanceof JsonNumber) return { state: cursor.text };
      throw new MillraceError(
        "MLR_SOURCE_FORMAT",
        `the next cursor of ${page.url.pathname} is no text or number`,
        {
          hint: "Check where `paginate` says that the cursor is.",
        },
      );
    },
  };
}

function linked(kind: string, linkOf: (page: PageView) => unknown, where: string): Paginator {
  // Reading an address is not cheap, and most often the one that was found is the one that is asked for next.
  let last: URL | undefined;
  return {
    kind,
    served: true,
    first: null,
    apply(draft, state) {
      if (typeof state === "string") draft.url = last?.href === state ? last : new URL(state);
    },
    after(page): Following {
      const link = linkOf(page);
      if (isNothing(link)) return { end: true };
      const next = typeof link === "string" ? URL.parse(link, page.url.href) : null;
      if (next === null || (next.protocol !== "http:" && next.protocol !== "https:"))
        throw badLink(page, where);
      if (next.username !== "" || next.password !== "") next.username = next.password = "";
      if (next.hash !== "") next.hash = "";
      last = next;
      return { state: next.href };
    },
  };
}

function badLink(page: PageView, where: string): MillraceError {
  return new MillraceError(
    "MLR_SOURCE_FORMAT",
    `the next page of ${page.url.pathname} is no address that can be read (${where})`,
    { hint: "Check where `paginate` says that the address is." },
  );
}

function first(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}
