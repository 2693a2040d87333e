/** Something in a list, known by an id of some kind. */
export type Item = Readonly<Record<string, unknown>>;

interface List {
  readonly items: readonly Item[];
}

/**
 * An answer with its items mapped: one page (`{ items }`) or several (`{ pages: [{ items }] }`). `undefined` removes an item.
 * The same object comes back where nothing changed, so that nothing is drawn again.
 */
export function mapItems(answer: unknown, map: (item: Item) => Item | undefined): unknown {
  if (isList(answer)) return mapList(answer, map);
  if (!isPages(answer)) return answer;
  let changed = false;
  const pages = answer.pages.map((page) => {
    const mapped = isList(page) ? mapList(page, map) : page;
    changed ||= mapped !== page;
    return mapped;
  });
  return changed ? { ...answer, pages } : answer;
}

/** An answer with an item more at its head. */
export function addItem(answer: unknown, item: Item): unknown {
  if (isList(answer)) return { ...answer, items: [item, ...answer.items] };
  if (!isPages(answer)) return answer;
  const [first, ...rest] = answer.pages;
  return isList(first) ? { ...answer, pages: [addItem(first, item), ...rest] } : answer;
}

/** Whether any item of an answer is the one meant. */
export function hasItem(answer: unknown, test: (item: Item) => boolean): boolean {
  if (isList(answer)) return answer.items.some(test);
  return isPages(answer) && answer.pages.some((page) => hasItem(page, test));
}

function mapList(list: List, map: (item: Item) => Item | undefined): List {
  let changed = false;
  const items: Item[] = [];
  for (const item of list.items) {
    const mapped = map(item);
    changed ||= mapped !== item;
    if (mapped !== undefined) items.push(mapped);
  }
  return changed ? { ...list, items } : list;
}

function isList(value: unknown): value is List {
  return typeof value === "object" && value !== null && Array.isArray((value as { items?: unknown }).items);
}

function isPages(value: unknown): value is { readonly pages: readonly unknown[] } {
  return typeof value === "object" && value !== null && Array.isArray((value as { pages?: unknown }).pages);
}
