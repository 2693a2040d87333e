import type { NotificationItem, NotificationMessage } from "./notification-message.ts";

/** The whole message as plain text without its title. */
export function plainText(message: NotificationMessage): string {
  if (message.items.length === 0) return [...body(message), "", footer(message)].join("\n");
  const parts = message.items.map((item) =>
    [heading(item), ...body(item).map((line) => `    ${line}`)].join("\n"),
  );
  if (message.more > 0) parts.push(moreText(message.more));
  return [...parts, footer(message)].join("\n\n");
}

/** `12 more are left out; …`. */
export function moreText(more: number): string {
  return `and ${more} more; "millrace runs" lists all runs`;
}

/** Where a message comes from, and when. */
export function footer(message: NotificationMessage): string {
  return `Millrace on ${message.from} · ${timeText(message.at)}`;
}

/** `2026-11-22 08:15:30 UTC`. */
function timeText(at: string): string {
  return `${at.slice(0, 19).replace("T", " ")} UTC`;
}

function heading(item: NotificationItem): string {
  return `${timeText(item.at)}  ${item.title}`;
}

function body(item: Omit<NotificationItem, "kind">): string[] {
  return [
    ...(item.text === undefined ? [] : [item.text]),
    ...(item.hint === undefined ? [] : [`→ ${item.hint}`]),
    ...item.facts.map(({ name, value }) => `${name}: ${value}`),
  ];
}
