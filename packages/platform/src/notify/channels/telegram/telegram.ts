import { parseOptions, redactor, resolveSecret, secretText } from "@millrace/core";
import { z } from "zod";
import type { Channel, SendContext } from "../../channel.ts";
import { isAtLeast, SEVERITIES } from "../../severity.ts";
import { webAddress } from "../address.ts";
import { quoted, refused } from "../failures.ts";
import { failureOf, post, type PostAnswer } from "../post.ts";
import { telegramText } from "./telegram-text.ts";

const telegramOptions = z.strictObject({
  /** The bot's token from @BotFather, `123456789:AA…`. */
  token: secretText(z.string().regex(/^\d+:[\w-]+$/, "must be a bot's token such as 123456789:AA…")),
  /** Where to: the number of a chat (negative for groups), or a public channel's `@name`. */
  chat: z.union([z.number().int(), z.string().regex(/^(-?\d+|@\w{4,})$/, "must be a number or @name")]),
  /** Number of a topic, for groups that have them. Default: none. */
  topic: z.number().int().positive().optional(),
  /** Messages that are less severe arrive without a sound. Default `warning`. */
  silentBelow: z.enum(SEVERITIES).default("warning"),
  /** Address of a Bot API server of one's own. Default `https://api.telegram.org`. */
  apiUrl: webAddress.default("https://api.telegram.org"),
  /** Milliseconds that one try may take. Default 15,000. */
  timeoutMs: z.number().int().min(1).max(300_000).default(15_000),
});

/** Options of `telegram()`. */
export type TelegramOptions = z.input<typeof telegramOptions>;
type Options = z.output<typeof telegramOptions>;

/** Sends messages as a Telegram bot. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; does not connect. */
export function telegram(options: TelegramOptions): Channel {
  const own = parseOptions(telegramOptions, options, "telegram()");
  return {
    kind: "telegram",
    async send(message, context) {
      const { text, plain } = telegramText(message);
      const silent = !isAtLeast(message.severity, own.silentBelow);
      const first = await call(own, { chat: own.chat, text, markdown: true, silent }, context);
      if (first.ok) return;
      // A group that became a supergroup has another number; a text that Telegram cannot read goes without its format.
      const chat = first.parameters?.migrate_to_chat_id;
      const unreadable = /can't parse entities/i.test(first.description);
      if (chat === undefined && !unreadable) throw failure(first);
      const second = await call(
        own,
        { chat: chat ?? own.chat, text: unreadable ? plain : text, markdown: !unreadable, silent },
        context,
      );
      if (!second.ok) throw failure(second);
    },
  };
}

interface Send {
  readonly chat: number | string;
  readonly text: string;
  readonly markdown: boolean;
  readonly silent: boolean;
}

/** What the Bot API answers, with its own words where it has some. */
interface BotAnswer extends PostAnswer {
  readonly ok: boolean;
  readonly description: string;
  readonly parameters?: { readonly migrate_to_chat_id?: number; readonly retry_after?: number };
}

async function call(options: Options, send: Send, context: SendContext): Promise<BotAnswer> {
  const token = await resolveSecret(options.token, context.secrets);
  redactor.add(token);
  const answer = await post({
    service: "Telegram",
    url: `${options.apiUrl.replace(/\/+$/, "")}/bot${token}/sendMessage`,
    body: JSON.stringify({
      chat_id: send.chat,
      ...(options.topic === undefined ? {} : { message_thread_id: options.topic }),
      text: send.text,
      ...(send.markdown ? { parse_mode: "MarkdownV2" } : {}),
      link_preview_options: { is_disabled: true },
      disable_notification: send.silent,
    }),
    timeoutMs: options.timeoutMs,
    context,
  });
  const said = objectIn(answer.text);
  const { description, parameters } = said;
  return {
    ...answer,
    ok: answer.status === 200 && said.ok === true,
    description: typeof description === "string" ? description : answer.text,
    ...(parameters === undefined ? {} : { parameters }),
  };
}

function failure(answer: BotAnswer): Error {
  const { status, description, parameters } = answer;
  const wait = parameters?.retry_after;
  const hint = HINTS.find(([pattern]) => pattern.test(description))?.[1];
  if (status === 200) return refused(`Telegram has answered ${quoted(description)}`, { status });
  return failureOf(
    "Telegram",
    { ...answer, text: description, retryAfterMs: wait === undefined ? answer.retryAfterMs : wait * 1_000 },
    hint,
  );
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /chat not found/i,
    "Check `chat`, and write to the bot (or add it to the group) first: bots cannot begin a chat.",
  ],
  [/bot was blocked/i, "The user has blocked the bot: unblock it."],
  [/bot was kicked|not a member/i, "Add the bot to the group or channel again."],
  [/^(unauthorized|not found)$/i, "Check `token`: @BotFather shows it, and makes a new one with /token."],
  [/have no rights|not enough rights/i, "Let the bot post: make it an administrator of the channel."],
  [/thread not found/i, "Check `topic`: the group has no such topic."],
];

interface Said {
  readonly ok?: unknown;
  readonly description?: unknown;
  readonly parameters?: { readonly migrate_to_chat_id?: number; readonly retry_after?: number };
}

function objectIn(text: string): Said {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
