import { clip } from "../../message/clip.ts";
import type { NotificationItem, NotificationMessage } from "../../message/notification-message.ts";
import { footer, moreText } from "../../message/plain-text.ts";
import { signOf } from "../../message/sign.ts";

/** Slack's own limits: characters of a section's text, characters of a field, fields of a section. */
const TEXT = 3_000;
const FIELD = 2_000;
const FIELDS = 10;
/** Sections for the items of a digest; a message may have 50 blocks. */
const ITEMS = 40;

interface Markdown {
  readonly type: "mrkdwn";
  readonly text: string;
}

type Block =
  | { readonly type: "section"; readonly text: Markdown }
  | { readonly type: "section"; readonly fields: readonly Markdown[] }
  | { readonly type: "context"; readonly elements: readonly Markdown[] };

/** A message as the body of a request to an incoming webhook. `text` is what notifications of the system show. */
export function slackPayload(message: NotificationMessage): { text: string; blocks: Block[] } {
  const title = `${signOf(message)} *${escape(clip(message.title, 250))}*`;
  const shown = message.items.slice(0, ITEMS);
  const left = message.items.length - shown.length + message.more;
  return {
    text: `${signOf(message)} ${escape(clip(message.title, 250))}`,
    blocks: [
      section(title),
      ...details(message),
      ...shown.map((item) => section(itemText(item))),
      ...(left > 0 ? [section(escape(moreText(left)))] : []),
      { type: "context", elements: [markdown(escape(clip(footer(message), 250)))] },
    ],
  };
}

function details(message: NotificationMessage): Block[] {
  const { text, hint, facts } = message;
  const fields = facts
    .slice(0, FIELDS)
    .map(({ name, value }) => markdown(clip(`*${escape(name)}*\n${escape(value)}`, FIELD)));
  return [
    ...(text === undefined ? [] : [section(quoteBlock(text, TEXT - 10))]),
    ...(hint === undefined ? [] : [section(`→ ${escape(clip(hint, 1_000))}`)]),
    ...(fields.length === 0 ? [] : [{ type: "section" as const, fields }]),
  ];
}

function itemText(item: NotificationItem): string {
  const facts = item.facts.map(({ name, value }) => `${name} ${value}`).join(" · ");
  return [
    `${signOf(item)} *${escape(clip(item.title, 250))}*`,
    ...(item.text === undefined ? [] : [quoteBlock(item.text, 600)]),
    ...(facts === "" ? [] : [escape(clip(facts, 300))]),
  ].join("\n");
}

/** In a block of code nothing is formatted, whatever an error says. */
function quoteBlock(text: string, length: number): string {
  const escaped = escape(text.replaceAll("```", "'''"));
  return `\`\`\`${clip(escaped, length).replace(/&[a-z]*…$/, "…")}\`\`\``;
}

function section(text: string): Block {
  return { type: "section", text: markdown(text) };
}

function markdown(text: string): Markdown {
  return { type: "mrkdwn", text };
}

/** What Slack asks to be escaped; `<!channel>` and links are plain text then. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
