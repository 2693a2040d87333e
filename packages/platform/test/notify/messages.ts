import type { NotificationItem, NotificationMessage } from "@millrace/platform";

/** Everything that means something somewhere, and text of more than one byte or unit. */
export const NASTY =
  "<!channel> <b>&amp; *bold* _x_ ~y~ `code` ```block``` [link](http://x) \\ #1 + - = | {} . ! (a) \"q\" 'q' \u{1F30B} ä\n  second line";

const item: NotificationItem = {
  kind: "problem",
  severity: "error",
  at: "2026-03-02T12:00:00.000Z",
  title: `quakes failed: ${NASTY}`,
  text: NASTY,
  hint: NASTY,
  facts: [
    { name: "code", value: "MLR_SOURCE_FAILED" },
    { name: "rows", value: NASTY },
  ],
  pipeline: "quakes",
  run: "0199d9ff-0000-7000-8000-000000000001",
};

/** A message about one problem. */
export function message(change: Partial<NotificationMessage> = {}): NotificationMessage {
  return {
    ...item,
    id: "6c1b1c2e-7a53-4c5b-9f0a-0d9a0c2f1e11",
    from: "test & co",
    items: [],
    more: 0,
    ...change,
  };
}

/** As long as messages get. */
export function longest(): NotificationMessage {
  const long = (length: number): string => NASTY.repeat(Math.ceil(length / NASTY.length)).slice(0, length);
  return message({
    title: long(300),
    text: long(3_000),
    hint: long(1_000),
    facts: Array.from({ length: 14 }, (_, n) => ({ name: `fact ${n}`, value: long(300) })),
  });
}

/** A digest of many long items. */
export function digest(count: number): NotificationMessage {
  const { text = "", hint = "", facts } = longest();
  return message({
    kind: "digest",
    items: Array.from({ length: count }, (_, n) => ({ ...item, title: `p${n} failed`, text, hint, facts })),
    more: 7,
  });
}
