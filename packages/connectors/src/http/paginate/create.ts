import type { Json } from "@millrace/core";
import { detectPagination } from "./detect.ts";
import { cursorInBody, cursorInHeader, linkInBody, linkInHeader, onePage } from "./linked.ts";
import { numberedPages, offsetPages } from "./numbered.ts";
import type { Paginate } from "./options.ts";
import type { Paginator } from "./paginator.ts";

/** Makes the paginator that the options describe. */
export function createPaginator(options: Paginate): Paginator {
  switch (options.kind) {
    case "single":
      return onePage();
    case "pages":
      return numberedPages(options);
    case "offsets":
      return offsetPages(options);
    case "body-cursor":
      return cursorInBody(options);
    case "header-cursor":
      return cursorInHeader(options);
    case "next-link":
      return linkInBody(options);
    case "link-header":
      return linkInHeader(options);
    case "auto":
      return detectedPages();
  }
}

/** State behind the first page: what was detected, and the state of that. */
interface Detection {
  readonly by: Paginate;
  readonly state: Json;
}

/** The first answer decides how to go on. */
function detectedPages(): Paginator {
  const made = new Map<string, Paginator>();
  const paginatorOf = (by: Paginate): Paginator => {
    const known = made.get(by.kind) ?? createPaginator(by);
    made.set(by.kind, known);
    return known;
  };
  return {
    kind: "auto",
    served: true,
    first: null,
    apply(draft, state) {
      if (!isDetection(state)) return;
      paginatorOf(state.by).apply(draft, state.state);
    },
    after(page, state) {
      if (isDetection(state)) {
        const following = paginatorOf(state.by).after(page, state.state);
        return "state" in following
          ? { state: { by: state.by as unknown as Json, state: following.state } }
          : following;
      }
      const { paginate, doubt } = detectPagination(page);
      if (doubt !== undefined) return { end: true, doubt: `there seems to be more: ${doubt}` };
      const paginator = paginatorOf(paginate);
      const following = paginator.after(page, paginator.first);
      if (!("state" in following)) return following;
      return { state: { by: paginate as unknown as Json, state: following.state } };
    },
  };
}

function isDetection(state: Json): state is Json & Detection {
  return typeof state === "object" && state !== null && "by" in state && "state" in state;
}
