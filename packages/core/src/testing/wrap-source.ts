import type { Source } from "../source.ts";

/** `source` with another `read`, and `more` members of its own. */
export function wrapSource<T extends object>(source: Source, read: Source["read"], more: T): Source & T {
  const { kind, endless } = source;
  const wrapped: Source = {
    ...(kind === undefined ? {} : { kind }),
    ...(endless === undefined ? {} : { endless }),
    ...(source.committed === undefined ? {} : { committed: (receipts) => source.committed?.(receipts) }),
    read,
  };
  return Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(more)) as Source & T;
}
