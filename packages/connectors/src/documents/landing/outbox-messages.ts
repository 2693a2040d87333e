import type { Message } from "@millrace/core";
import type { OutboxEntry, StreamRows } from "../store/store.ts";

/** What documents give, as messages of a slice. */
export function* outboxMessages(
  entries: readonly OutboxEntry[],
  { slice, declared }: { readonly slice: string; readonly declared: Set<string> },
): Generator<Message> {
  const pending = new Map<string, StreamRows["rows"][number][]>();
  function* flush(): Generator<Message> {
    for (const [stream, rows] of pending) if (rows.length > 0) yield { type: "rows", stream, slice, rows };
    pending.clear();
  }
  for (const { document, again, parts } of entries) {
    for (const { stream, key, columns } of parts) {
      if (declared.has(stream)) continue;
      declared.add(stream);
      if (key === undefined && columns === undefined) continue;
      const about = { ...(key === undefined ? {} : { key }), ...(columns === undefined ? {} : { columns }) };
      yield { type: "schema", stream: { name: stream, ...about } };
    }
    if (!again) {
      for (const { stream, rows } of parts) pending.set(stream, [...(pending.get(stream) ?? []), ...rows]);
      continue;
    }
    yield* flush();
    // All that there is of this document now: what it gave before and not any more is removed.
    const scope = { document };
    for (const { stream, rows } of parts) {
      yield { type: "begin", stream, scope };
      if (rows.length > 0) yield { type: "rows", stream, slice, rows };
      yield { type: "complete", stream, scope };
    }
  }
  yield* flush();
}
