import { MillraceError } from "@millrace/core";

/** A page of a list of which one more was read than is wanted, to know whether there is more. */
export function pageOf<T>(
  found: readonly T[],
  limit: number,
  key: (item: T) => string,
): { items: T[]; next?: string } {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (found.length <= limit || last === undefined) return { items };
  return { items, next: Buffer.from(key(last)).toString("base64url") };
}

/**
 * The key that `next` of the page before holds. Fails with MLR_ARGUMENT_INVALID.
 * @param form what the key looks like; default: anything
 */
export function pageEnd(after: string | undefined, form = /^/): string | undefined {
  if (after === undefined) return undefined;
  const key = Buffer.from(after, "base64url").toString("utf8");
  // What was cut or changed on the way does not come out the same again.
  if (form.test(key) && !key.includes("\0") && Buffer.from(key).toString("base64url") === after) return key;
  throw new MillraceError("MLR_ARGUMENT_INVALID", '"after" in the query is no `next` of a page before', {
    hint: "Take `next` as it came, or leave `after` out for the first page.",
    details: { in: "query", field: "after" },
  });
}
