import { manualClock } from "@millrace/core/testing";
import { MillraceError, secret, systemClock } from "@millrace/core";
import {
  type Channel,
  type NotificationMessage,
  type SendContext,
  slack,
  teams,
  telegram,
  webhook,
} from "@millrace/platform";
import { afterEach, describe, expect, it } from "vitest";
import { digest, longest, message, NASTY } from "./messages.ts";
import { type Answer, type Answerer, type Receiver, startReceiver } from "./receiver.ts";
import {
  markdownProblem,
  shownText,
  slackService,
  teamsService,
  telegramService,
  webhookService,
} from "./services.ts";

const KEY = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const TOKEN = "123456789:AAtelegramSECRETtoken";

const receivers: Receiver[] = [];
afterEach(async () => {
  for (const each of receivers.splice(0)) await each.close();
});

async function receiver(answerer: Answerer): Promise<Receiver> {
  const started = await startReceiver(answerer);
  receivers.push(started);
  return started;
}

function context(change: Partial<SendContext> = {}): SendContext {
  return { attempt: 1, signal: new AbortController().signal, secrets: {}, clock: systemClock, ...change };
}

async function failureOf(channel: Channel, change: Partial<SendContext> = {}): Promise<MillraceError> {
  const error: unknown = await channel.send(message(), context(change)).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(MillraceError);
  return error as MillraceError;
}

/** The service, and its channel with options that fit. */
const SERVICES: readonly {
  readonly name: string;
  readonly accepts: Answerer;
  channel(url: string, timeoutMs?: number): Channel;
  /** What must never be seen. */
  readonly secret: string;
}[] = [
  {
    name: "Slack",
    accepts: slackService,
    channel: (url, timeoutMs = 15_000) =>
      slack({ url: `${url}/services/T000/B000/XXXXSECRETXXXX`, timeoutMs }),
    secret: "XXXXSECRETXXXX",
  },
  {
    name: "Teams",
    accepts: teamsService,
    channel: (url, timeoutMs = 15_000) =>
      teams({
        url: `${url}/workflows/abc/triggers/manual/paths/invoke?api-version=1&sig=SIGNATURE`,
        timeoutMs,
      }),
    secret: "SIGNATURE",
  },
  {
    name: "Telegram",
    accepts: telegramService,
    channel: (url, timeoutMs = 15_000) => telegram({ token: TOKEN, chat: -100, apiUrl: url, timeoutMs }),
    secret: TOKEN,
  },
  {
    name: "webhook",
    accepts: webhookService(KEY, () => Date.now()),
    channel: (url, timeoutMs = 15_000) => webhook({ url: `${url}/hook`, secret: KEY, timeoutMs }),
    secret: KEY,
  },
];

describe.each(SERVICES)("$name", ({ accepts, channel, secret: hidden }) => {
  it.each([
    ["a message whose texts mean something in its markup", message()],
    ["the longest message", longest()],
    ["a digest", digest(3)],
    ["a digest that is longer than the service takes", digest(100)],
    ["a short message", message({ title: "x", facts: [] })],
  ])("takes %s", async (_what, given) => {
    const service = await receiver(accepts);
    await channel(service.url).send(given, context());
    expect(service.requests).toHaveLength(1);
  });

  it.each([
    [429, { "retry-after": "17" }, "later", 17_000],
    [503, {}, "later", undefined],
    [500, {}, "later", undefined],
  ])("is tried again after %i, and waits as long as it is asked to", async (status, headers, retry, wait) => {
    const service = await receiver(() => ({
      status,
      headers: { ...headers },
      body: "busy now",
    }));
    const error = await failureOf(channel(service.url));
    expect(error).toMatchObject({ code: "MLR_NOTIFY_FAILED", retry });
    expect(error.message).toMatch(new RegExp(`${status} "busy now"`));
    expect(error.details["retryAfterMs"]).toBe(wait);
  });

  it("is tried again when it cannot be reached, is too slow, or goes in the middle", async () => {
    const service = await receiver(() => (response) => void response.writeHead(200).write("o"));
    expect(await failureOf(channel(service.url, 100))).toMatchObject({
      code: "MLR_NOTIFY_FAILED",
      message: expect.stringContaining("within 0.1 s"),
    });
    service.answer(() => (response) => void response.socket?.destroy());
    expect(await failureOf(channel(service.url))).toMatchObject({ code: "MLR_NOTIFY_FAILED" });
    await receivers.pop()?.close();
    expect(await failureOf(channel(service.url))).toMatchObject({
      code: "MLR_NOTIFY_FAILED",
      message: expect.stringContaining("cannot be reached"),
    });
  });

  it("is given up when the sender is closed", async () => {
    const closing = new AbortController();
    const service = await receiver(() => () => closing.abort());
    expect(await failureOf(channel(service.url), { signal: closing.signal })).toMatchObject({
      code: "MLR_NOTIFY_FAILED",
      message: expect.stringContaining("interrupted"),
    });
  });

  it("never shows its secrets, also where the service repeats them", async () => {
    const service = await receiver((request) => ({
      status: 500,
      body: `${request.path} ${JSON.stringify(request.headers)} ${hidden}`,
    }));
    const error = await failureOf(channel(service.url));
    expect(
      `${error.message} ${error.hint ?? ""} ${JSON.stringify(error)} ${error.stack ?? ""}`,
    ).not.toContain(hidden);
    expect(JSON.stringify(channel(service.url))).not.toContain(hidden);
  });

  it("does not follow a redirect, which would take its secrets elsewhere", async () => {
    const other = await receiver(() => ({ status: 200, body: "ok" }));
    const service = await receiver(() => ({ status: 307, headers: { location: other.url } }));
    await failureOf(channel(service.url));
    expect(other.requests).toEqual([]);
  });
});

describe("slack", () => {
  it("is told what to do about each of its refusals, and is not tried again", async () => {
    const answers: [number, string, RegExp][] = [
      [404, "channel_not_found", /channel was deleted/],
      [410, "channel_is_archived", /archived/],
      [403, "action_prohibited", /administrator/],
      [404, "no_service", /make a new one/],
    ];
    for (const [status, body, hint] of answers) {
      const service = await receiver(() => ({ status, body }));
      const error = await failureOf(SERVICES[0]!.channel(service.url));
      expect(error).toMatchObject({
        code: "MLR_NOTIFY_REFUSED",
        retry: "never",
        hint: expect.stringMatching(hint),
      });
    }
  });

  it("shows an error as it is, in a block that formats nothing", async () => {
    const service = await receiver(slackService);
    await SERVICES[0]!.channel(service.url).send(message({ text: "a ``` b <@U1> & c" }), context());
    const { blocks } = JSON.parse(service.requests[0]?.body ?? "") as {
      blocks: { text?: { text: string } }[];
    };
    expect(blocks[1]?.text?.text).toBe("```a ''' b &lt;@U1&gt; &amp; c```");
  });
});

describe("teams", () => {
  it("is tried again when an older connector says in its text that Teams is busy", async () => {
    const service = await receiver(() => ({
      status: 200,
      body: "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x",
    }));
    expect(await failureOf(SERVICES[1]!.channel(service.url))).toMatchObject({ retry: "later" });
    service.answer(() => ({ status: 200, body: "1" }));
    await SERVICES[1]!.channel(service.url).send(message(), context());
  });

  it("is refused with a hint when its address is wrong", async () => {
    const service = await receiver(teamsService);
    const wrong = teams({ url: `${service.url}/workflows/abc?sig=other` });
    expect(await failureOf(wrong)).toMatchObject({
      retry: "never",
      hint: expect.stringContaining("copy its address"),
    });
  });
});

describe("telegram", () => {
  const bot = (body: unknown, status = 400): Answer => ({ status, body: JSON.stringify(body) });

  it("shows every text as it is", async () => {
    const service = await receiver(telegramService);
    await SERVICES[2]!.channel(service.url).send(message({ severity: "info" }), context());
    const body = JSON.parse(service.requests[0]?.body ?? "") as Record<string, unknown>;
    expect(body).toMatchObject({ chat_id: -100, parse_mode: "MarkdownV2", disable_notification: true });
    expect(markdownProblem(String(body["text"]))).toBeUndefined();
    expect(shownText(String(body["text"]))).toContain(`\n${NASTY}\n`);
  });

  it("waits as long as its answer says", async () => {
    const service = await receiver(() =>
      bot(
        {
          ok: false,
          error_code: 429,
          description: "Too Many Requests: retry after 35",
          parameters: { retry_after: 35 },
        },
        429,
      ),
    );
    const error = await failureOf(SERVICES[2]!.channel(service.url));
    expect(error).toMatchObject({ retry: "later", details: { retryAfterMs: 35_000, status: 429 } });
  });

  it("follows a group that became a supergroup", async () => {
    const service = await receiver((request) => {
      const { chat_id: chat } = JSON.parse(request.body) as { chat_id: number };
      const description = "Bad Request: group chat was upgraded to a supergroup chat";
      if (chat === -100)
        return bot({ ok: false, error_code: 400, description, parameters: { migrate_to_chat_id: -100_200 } });
      return telegramService(request);
    });
    await SERVICES[2]!.channel(service.url).send(message(), context());
    expect(service.requests).toHaveLength(2);
  });

  it("goes without a format where Telegram cannot read the text", async () => {
    const service = await receiver((request) => {
      const { parse_mode: mode } = JSON.parse(request.body) as { parse_mode?: string };
      return mode === undefined
        ? telegramService(request)
        : bot({ ok: false, error_code: 400, description: "Bad Request: can't parse entities: x" });
    });
    await SERVICES[2]!.channel(service.url).send(longest(), context());
    expect(JSON.parse(service.requests[1]?.body ?? "")).not.toHaveProperty("parse_mode");
  });

  it.each([
    ["Bad Request: chat not found", 400, /write to the bot/],
    ["Forbidden: bot was blocked by the user", 403, /unblock/],
    ["Unauthorized", 401, /@BotFather/],
    ["Bad Request: message thread not found", 400, /topic/],
  ])("is not tried again after %s, and says what to do", async (description, status, hint) => {
    const service = await receiver(() => bot({ ok: false, error_code: status, description }, status));
    const error = await failureOf(SERVICES[2]!.channel(service.url));
    expect(error).toMatchObject({
      code: "MLR_NOTIFY_REFUSED",
      retry: "never",
      hint: expect.stringMatching(hint),
    });
  });
});

describe("webhook", () => {
  it("signs so that the standard's own example fits", async () => {
    // From the specification's reference libraries.
    const service = await receiver(() => ({ status: 200 }));
    const clock = manualClock(1_614_265_330_000);
    const channel = webhook({ url: service.url, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });
    await channel.send(message({ id: "msg_p5jXN8AQM9LWM0D4loKWxJek" }), context({ clock }));
    const [request] = service.requests;
    expect(request?.headers).toMatchObject({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
    });
    const check = webhookService("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", () => 1_614_265_330_000);
    expect(check(request!).status).toBe(204);
    expect(check({ ...request!, body: `${request!.body} ` }).status).toBe(401);
  });

  it("signs with every secret while they are being changed, and sends the same id again", async () => {
    const old = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
    const service = await receiver(webhookService(old, () => Date.now()));
    const channel = webhook({ url: service.url, secret: [KEY, old], headers: { "x-gateway": "blue" } });
    await channel.send(message(), context());
    await channel.send(message(), context({ attempt: 2 }));
    expect(service.requests.map(({ headers }) => headers["webhook-id"])).toEqual([
      message().id,
      message().id,
    ]);
    expect(service.requests[0]?.headers["x-gateway"]).toBe("blue");
  });

  it("sends the whole message, for programs", async () => {
    const service = await receiver(webhookService(KEY, () => Date.now()));
    const given: NotificationMessage = message({
      event: {
        type: "pipeline.enabled",
        at: "2026-03-02T12:00:00.000Z",
        pipeline: "quakes",
        data: { by: "ana" },
      },
    });
    await SERVICES[3]!.channel(service.url).send(given, context());
    expect(JSON.parse(service.requests[0]?.body ?? "")).toEqual({
      type: "notification.problem",
      timestamp: given.at,
      data: given,
    });
  });

  it("is given up after 410, and tried again after any other refusal", async () => {
    const service = await receiver(() => ({ status: 410 }));
    expect(await failureOf(SERVICES[3]!.channel(service.url))).toMatchObject({ code: "MLR_NOTIFY_REFUSED" });
    service.answer(() => ({ status: 404 }));
    expect(await failureOf(SERVICES[3]!.channel(service.url))).toMatchObject({ code: "MLR_NOTIFY_FAILED" });
  });
});

describe("options", () => {
  it("are checked without connecting, and say which is wrong", () => {
    const wrong: [() => unknown, string | RegExp][] = [
      [() => slack({ url: "http://hooks.example.org/x" }), /must be an address that begins with https/],
      [() => slack({ uri: "https://x" } as never), /slack\(\) has no option "uri"/],
      [() => teams({ url: "nowhere" }), /https/],
      [() => telegram({ token: "abc", chat: 1 }), /bot's token/],
      [() => telegram({ token: TOKEN, chat: "ops" }), /number or @name/],
      [() => webhook({ url: "https://x.org", secret: "whsec_short" }), /24 to 64 bytes/],
      [() => webhook({ url: "ftp://x.org", secret: KEY }), /https/],
    ];
    for (const [make, expected] of wrong) expect(make).toThrow(expected);
  });

  it("take secrets by name, which are fetched when a message is sent", async () => {
    const service = await receiver(telegramService);
    const channel = telegram({ token: secret("bot-token"), chat: 5, apiUrl: service.url });
    const secrets = { secret: async (name: string) => (name === "bot-token" ? TOKEN : "") };
    await channel.send(message(), context({ secrets }));
    expect(service.requests).toHaveLength(1);
    expect(await failureOf(channel)).toMatchObject({ code: "MLR_SECRET_MISSING" });
  });
});
