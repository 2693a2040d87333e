import { clip } from "../../message/clip.ts";
import type { NotificationItem, NotificationMessage } from "../../message/notification-message.ts";
import { footer, moreText, plainText } from "../../message/plain-text.ts";
import { signOf } from "../../message/sign.ts";

/** Characters (UTF-16 units) that Telegram takes, counted without escapes; what is sent is kept within as well. */
const LENGTH = 4_096;

/** A message in Telegram's MarkdownV2, and without any format. Both are at most 4,096 characters. */
export function telegramText(message: NotificationMessage): { text: string; plain: string } {
  const plain = clip(`${signOf(message)} ${message.title}\n\n${plainText(message)}`, LENGTH);
  for (let items = message.items.length, share = 1; ; items = Math.floor(items / 2), share /= 2) {
    const text = formatted(message, items, share);
    if (text.length <= LENGTH) return { text, plain };
  }
}

function formatted(message: NotificationMessage, items: number, share: number): string {
  const left = message.items.length - items + message.more;
  return [
    `${signOf(message)} *${escape(clip(message.title, 250 * share + 20))}*`,
    ...body(message, { length: 2_500 * share, share }),
    ...message.items.slice(0, items).map((item) => itemText(item, share)),
    ...(left > 0 ? [escape(moreText(left))] : []),
    `_${escape(clip(footer(message), 200))}_`,
  ].join("\n\n");
}

function itemText(item: NotificationItem, share: number): string {
  const title = escape(clip(item.title, 200 * share + 20));
  return [`${signOf(item)} *${title}*`, ...body(item, { length: 300 * share, share })].join("\n");
}

function body(
  item: Omit<NotificationItem, "kind">,
  { length, share }: { readonly length: number; readonly share: number },
): string[] {
  const facts = item.facts
    .slice(0, 10)
    .map(({ name, value }) => `${escape(name)}: ${escape(clip(value, 200 * share))}`);
  return [
    ...(item.text === undefined ? [] : [`\`\`\`\n${escapeCode(clip(item.text, length))}\n\`\`\``]),
    ...(item.hint === undefined ? [] : [`→ ${escape(clip(item.hint, length))}`]),
    ...(facts.length === 0 ? [] : [facts.join("\n")]),
  ];
}

/** Everything that means something outside of code. */
function escape(text: string): string {
  return text.replaceAll(/[_*[\]()~`>#+\-=|{}.!\\]/g, "\\$&");
}

function escapeCode(text: string): string {
  return text.replaceAll(/[`\\]/g, "\\$&");
}
