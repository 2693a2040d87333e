import { clip } from "../../message/clip.ts";
import type { NotificationItem, NotificationMessage } from "../../message/notification-message.ts";
import { footer, moreText } from "../../message/plain-text.ts";
import { signOf } from "../../message/sign.ts";

/** Teams takes messages of up to 28 KB; some room is left for what the workflow adds. */
const BYTES = 24_000;

interface Run {
  readonly type: "TextRun";
  readonly text: string;
  readonly weight?: "Bolder";
  readonly size?: "Medium" | "Small";
  readonly isSubtle?: boolean;
  readonly fontType?: "Monospace";
  readonly color?: "Attention" | "Warning" | "Good";
}

/** Text runs show what they are given as it is; the texts of other elements are Markdown. */
interface Line {
  readonly type: "RichTextBlock";
  readonly inlines: readonly Run[];
  readonly separator?: boolean;
  readonly spacing?: "Small";
}

/** A message as JSON text: an adaptive card in the envelope that workflows and connectors take. */
export function teamsPayload(message: NotificationMessage): string {
  for (let items = message.items.length; ; items = Math.floor(items / 2)) {
    const text = JSON.stringify(envelope(message, items));
    if (Buffer.byteLength(text) <= BYTES || items === 0) return text;
  }
}

function envelope(message: NotificationMessage, items: number): unknown {
  const shown = message.items.slice(0, items);
  const left = message.items.length - items + message.more;
  return {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          msteams: { width: "Full" },
          fallbackText: clip(message.title, 250),
          body: [
            line([
              {
                ...run(`${signOf(message)} ${clip(message.title, 250)}`),
                weight: "Bolder",
                size: "Medium",
                ...colorOf(message),
              },
            ]),
            ...body(message, 4_000),
            ...shown.flatMap(itemLines),
            ...(left > 0 ? [line([run(moreText(left))])] : []),
            line([{ ...run(clip(footer(message), 250)), size: "Small", isSubtle: true }]),
          ],
        },
      },
    ],
  };
}

function itemLines(item: NotificationItem): Line[] {
  const title: Line = {
    type: "RichTextBlock",
    separator: true,
    inlines: [{ ...run(`${signOf(item)} ${clip(item.title, 250)}`), weight: "Bolder", ...colorOf(item) }],
  };
  return [title, ...body(item, 600)];
}

function body(item: Pick<NotificationItem, "text" | "hint" | "facts">, length: number): Line[] {
  const { text, hint, facts } = item;
  return [
    ...(text === undefined ? [] : [line([{ ...run(clip(text, length)), fontType: "Monospace" as const }])]),
    ...(hint === undefined ? [] : [line([run(`→ ${clip(hint, 1_000)}`)])]),
    ...facts.slice(0, 10).map(({ name, value }): Line => ({
      type: "RichTextBlock",
      spacing: "Small",
      inlines: [{ ...run(`${name}: `), weight: "Bolder" }, run(clip(value, 500))],
    })),
  ];
}

function line(inlines: readonly Run[]): Line {
  return { type: "RichTextBlock", inlines };
}

function run(text: string): Run {
  return { type: "TextRun", text };
}

function colorOf({ kind, severity }: Pick<NotificationMessage, "kind" | "severity">): Pick<Run, "color"> {
  if (kind === "recovery") return { color: "Good" };
  if (kind === "test" || severity === "info") return {};
  return { color: severity === "warning" ? "Warning" : "Attention" };
}
