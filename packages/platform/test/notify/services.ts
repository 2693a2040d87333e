import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Answer, ReceivedRequest } from "./receiver.ts";

/** What each service accepts, after its documentation, and how it answers. */

const markdown = z.strictObject({ type: z.literal("mrkdwn"), text: z.string().min(1).max(3_000) });
const field = z.strictObject({ type: z.literal("mrkdwn"), text: z.string().min(1).max(2_000) });
const block = z.union([
  z.strictObject({ type: z.literal("section"), text: markdown }),
  z.strictObject({ type: z.literal("section"), fields: z.array(field).min(1).max(10) }),
  z.strictObject({ type: z.literal("context"), elements: z.array(markdown).min(1).max(10) }),
]);
const slackBody = z.strictObject({
  text: z.string().min(1).max(40_000),
  blocks: z.array(block).min(1).max(50),
});

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export function slackService(request: ReceivedRequest): Answer {
  mustBeJson(request);
  if (request.path !== "/services/T000/B000/XXXXSECRETXXXX") return { status: 404, body: "no_service" };
  const body = slackBody.parse(JSON.parse(request.body));
  for (const text of JSON.stringify(body).match(/&(?!amp;|lt;|gt;)|<|>/g) ?? [])
    throw new Error(`unescaped ${text}`);
  return { status: 200, body: "ok" };
}

const textRun = z.strictObject({
  type: z.literal("TextRun"),
  text: z.string(),
  weight: z.enum(["Default", "Lighter", "Bolder"]).optional(),
  size: z.enum(["Small", "Default", "Medium", "Large", "ExtraLarge"]).optional(),
  isSubtle: z.boolean().optional(),
  fontType: z.enum(["Default", "Monospace"]).optional(),
  color: z.enum(["Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"]).optional(),
});
const element = z.strictObject({
  type: z.literal("RichTextBlock"),
  inlines: z.array(textRun).min(1),
  separator: z.boolean().optional(),
  spacing: z.enum(["None", "Small", "Default", "Medium", "Large", "ExtraLarge", "Padding"]).optional(),
});
const teamsBody = z.strictObject({
  type: z.literal("message"),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal("application/vnd.microsoft.card.adaptive"),
        contentUrl: z.null(),
        content: z.strictObject({
          $schema: z.literal("http://adaptivecards.io/schemas/adaptive-card.json"),
          type: z.literal("AdaptiveCard"),
          version: z.enum(["1.2", "1.3", "1.4"]),
          msteams: z.strictObject({ width: z.literal("Full") }).optional(),
          fallbackText: z.string().optional(),
          body: z.array(element).min(1),
        }),
      }),
    )
    .length(1),
});

/** https://support.microsoft.com/office/create-incoming-webhooks-with-workflows-for-microsoft-teams */
export function teamsService(request: ReceivedRequest): Answer {
  mustBeJson(request);
  if (!request.path.endsWith("&sig=SIGNATURE"))
    return { status: 401, body: '{"error":{"code":"DirectApiAuthorizationRequired"}}' };
  if (Buffer.byteLength(request.body) > 28 * 1024) return { status: 413, body: "RequestEntityTooLarge" };
  teamsBody.parse(JSON.parse(request.body));
  return { status: 202 };
}

const telegramBody = z.strictObject({
  chat_id: z.union([z.number().int(), z.string()]),
  message_thread_id: z.number().int().optional(),
  text: z.string().min(1),
  parse_mode: z.literal("MarkdownV2").optional(),
  link_preview_options: z.strictObject({ is_disabled: z.boolean() }),
  disable_notification: z.boolean(),
});

/** https://core.telegram.org/bots/api#sendmessage, with its rules for MarkdownV2. */
export function telegramService(request: ReceivedRequest): Answer {
  mustBeJson(request);
  if (request.path !== "/bot123456789:AAtelegramSECRETtoken/sendMessage")
    return bot(401, { ok: false, error_code: 401, description: "Unauthorized" });
  const body = telegramBody.parse(JSON.parse(request.body));
  const problem = body.parse_mode === undefined ? undefined : markdownProblem(body.text);
  if (problem !== undefined)
    return bot(400, {
      ok: false,
      error_code: 400,
      description: `Bad Request: can't parse entities: ${problem}`,
    });
  const plain = body.parse_mode === undefined ? body.text : shownText(body.text);
  if (plain.length > 4_096)
    return bot(400, { ok: false, error_code: 400, description: "Bad Request: message is too long" });
  return bot(200, {
    ok: true,
    result: { message_id: 1, date: 1, chat: { id: body.chat_id, type: "private" }, text: plain },
  });
}

function bot(status: number, body: unknown): Answer {
  return { status, body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

const RESERVED = "_*[]()~`>#+-=|{}.!";

/** A mark, an escaped character or any other one, each with where it stands. */
const TOKEN = /\\[\s\S]|```|[\s\S]/g;

/** Why Telegram would not take a text: a reserved character that is not escaped, or an entity without an end. */
export function markdownProblem(text: string): string | undefined {
  let open: string | undefined;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const mark = token === "```" || ((token === "*" || token === "_") && open !== "```");
    if (mark && open !== undefined && open !== token) return `${token} inside of ${open} at ${index}`;
    if (mark) open = open === token ? undefined : token;
    else if (isReserved(token, open)) return `character '${token}' is reserved, at ${index}`;
  }
  return open === undefined ? undefined : `can't find end of the entity ${open}`;
}

function isReserved(token: string, open: string | undefined): boolean {
  return open === "```" ? token === "`" : RESERVED.includes(token);
}

/** A MarkdownV2 text as it is shown. */
export function shownText(text: string): string {
  return text
    .split(/(?<!\\)```\n?/)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(/(?<!\\)[*_]/g, "")))
    .join("")
    .replaceAll(/\\([\s\S])/g, "$1");
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export function webhookService(secret: string, nowMs: () => number): (request: ReceivedRequest) => Answer {
  return (request) => {
    mustBeJson(request);
    const id = request.headers["webhook-id"];
    const timestamp = request.headers["webhook-timestamp"];
    const signatures = request.headers["webhook-signature"];
    if (typeof id !== "string" || typeof timestamp !== "string" || typeof signatures !== "string")
      return { status: 400, body: "headers are missing" };
    if (!/^\d+$/.test(timestamp) || Math.abs(Number(timestamp) - nowMs() / 1_000) > 300)
      return { status: 400, body: "too old" };
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    const wanted = createHmac("sha256", key).update(`${id}.${timestamp}.${request.body}`).digest();
    const signed = signatures.split(" ").some((each) => {
      const [version, value = ""] = each.split(",");
      const given = Buffer.from(value, "base64");
      return version === "v1" && given.length === wanted.length && timingSafeEqual(given, wanted);
    });
    if (!signed) return { status: 401, body: "wrong signature" };
    const body = JSON.parse(request.body) as { type?: unknown; timestamp?: unknown; data?: unknown };
    if (typeof body.type !== "string" || typeof body.timestamp !== "string" || typeof body.data !== "object")
      return { status: 400, body: "wrong payload" };
    return { status: 204 };
  };
}

function mustBeJson(request: ReceivedRequest): void {
  if (request.method !== "POST") throw new Error(`${request.method} instead of POST`);
  if (request.headers["content-type"] !== "application/json") throw new Error("no content-type");
  JSON.parse(request.body);
}
