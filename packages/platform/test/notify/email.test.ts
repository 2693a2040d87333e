import { createServer } from "node:net";
import { once } from "node:events";
import { MillraceError, secret, systemClock } from "@millrace/core";
import { email, type EmailOptions, type SendContext } from "@millrace/platform";
import { afterEach, describe, expect, it } from "vitest";
import { CERTIFICATE, type MailServer, type MailServerOptions, startMailServer } from "./mail-server.ts";
import { digest, longest, message, NASTY } from "./messages.ts";

const servers: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function mailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const server = await startMailServer(options);
  servers.push(server);
  return server;
}

const LOGIN = { user: "ops", password: "mail-password" };
const MAIL = {
  host: "localhost",
  from: "Millrace <millrace@example.org>",
  to: ["ops@example.org", "boss@example.org"],
};

function context(change: Partial<SendContext> = {}): SendContext {
  return { attempt: 1, signal: new AbortController().signal, secrets: {}, clock: systemClock, ...change };
}

async function failureOf(options: EmailOptions, change: Partial<SendContext> = {}): Promise<MillraceError> {
  const error: unknown = await email(options)
    .send(message(), context(change))
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(MillraceError);
  return error as MillraceError;
}

/** A header, unfolded and decoded. */
function header(raw: string, name: string): string {
  const [head = ""] = raw.split("\r\n\r\n", 1);
  const unfolded = head.replaceAll(/\r\n[ \t]+/g, " ");
  return new RegExp(`^${name}: (.*)$`, "im").exec(unfolded)?.[1]?.trim() ?? "";
}

describe("email", () => {
  it("sends over STARTTLS with a login, and what comes is readable as it is", async () => {
    const server = await mailServer();
    await email({ ...MAIL, ...LOGIN, port: server.port, ca: CERTIFICATE }).send(
      message({ title: "quakes failed", text: "503 from example.org" }),
      context(),
    );
    const [mail] = server.mails;
    expect(mail).toMatchObject({ from: "millrace@example.org", to: MAIL.to, encrypted: true, user: "ops" });
    const raw = mail?.raw ?? "";
    expect(header(raw, "subject")).toBe("[Millrace] quakes failed");
    expect(header(raw, "message-id")).toBe(`<${message().id}@example.org>`);
    expect(header(raw, "auto-submitted")).toBe("auto-generated");
    expect(raw).toContain("503 from example.org");
  });

  it("sends over TLS from the start", async () => {
    const server = await mailServer({ secure: true });
    await email({ ...MAIL, ...LOGIN, port: server.port, security: "tls", ca: CERTIFICATE }).send(
      message(),
      context(),
    );
    expect(server.mails).toMatchObject([{ encrypted: true, user: "ops" }]);
  });

  it("takes the longest messages and digests, and lets no text become a header", async () => {
    const server = await mailServer();
    const channel = email({ ...MAIL, port: server.port, ca: CERTIFICATE });
    await channel.send(longest(), context());
    await channel.send(digest(100), context());
    await channel.send(message({ title: `x\r\nBcc: thief@example.org\r\n\r\n${NASTY}` }), context());
    expect(server.mails).toHaveLength(3);
    for (const { raw, to } of server.mails) {
      expect(to).toEqual(MAIL.to);
      expect(header(raw, "bcc")).toBe("");
    }
  });

  it("says nothing to a server that cannot encrypt", async () => {
    const server = await mailServer({ disabledCommands: ["STARTTLS"] });
    const error = await failureOf({ ...MAIL, ...LOGIN, port: server.port, ca: CERTIFICATE });
    expect(error).toMatchObject({
      code: expect.stringMatching(/^MLR_NOTIFY_/),
      message: expect.stringContaining("localhost"),
    });
    expect(server.mails).toEqual([]);
  });

  it("does not trust a certificate that nobody vouches for", async () => {
    const server = await mailServer();
    const error = await failureOf({ ...MAIL, ...LOGIN, port: server.port });
    expect(error).toMatchObject({
      message: expect.stringMatching(/self-signed/),
      hint: expect.stringContaining("`ca`"),
    });
    expect(server.mails).toEqual([]);
  });

  it("is not tried again with a wrong password, and does not show it", async () => {
    const server = await mailServer();
    const error = await failureOf({
      ...MAIL,
      user: "ops",
      password: "wrong-mail-password",
      port: server.port,
      ca: CERTIFICATE,
    });
    expect(error).toMatchObject({
      code: "MLR_NOTIFY_REFUSED",
      retry: "never",
      hint: expect.stringContaining("password"),
    });
    expect(JSON.stringify(error) + (error.stack ?? "")).not.toContain("wrong-mail-password");
  });

  it.each([
    [451, "4.7.1 Greylisted, try again later", "later"],
    [452, "4.2.2 Mailbox full", "later"],
    [550, "5.1.1 No such user", "never"],
    [554, "5.7.1 Rejected as spam", "never"],
  ])("after %i %s is tried again %s", async (code, text, retry) => {
    const server = await mailServer({ refuse: { code, text } });
    const error = await failureOf({ ...MAIL, port: server.port, ca: CERTIFICATE });
    expect(error).toMatchObject({
      retry,
      details: { status: code },
      message: expect.stringContaining(text.slice(6)),
    });
  });

  it("is refused where the server takes none of the addresses", async () => {
    const server = await mailServer({
      onRcptTo: (_address, _session, done) =>
        done(Object.assign(new Error("5.1.1 unknown"), { responseCode: 550 })),
    });
    const error = await failureOf({ ...MAIL, port: server.port, ca: CERTIFICATE });
    expect(error).toMatchObject({ retry: "never", hint: expect.stringContaining("Check from and to") });
  });

  it("is tried again when the server is down, silent or gone in the middle, and when the sender is closed", async () => {
    const server = await startMailServer();
    const { port } = server;
    await server.close();
    expect(await failureOf({ ...MAIL, port })).toMatchObject({ code: "MLR_NOTIFY_FAILED" });

    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = silent.address();
    const silentPort = typeof address === "object" && address !== null ? address.port : 0;
    expect(await failureOf({ ...MAIL, port: silentPort, timeoutMs: 100 })).toMatchObject({
      code: "MLR_NOTIFY_FAILED",
    });
    const closing = new AbortController();
    silent.once("connection", () => closing.abort());
    expect(await failureOf({ ...MAIL, port: silentPort }, { signal: closing.signal })).toMatchObject({
      message: expect.stringContaining("interrupted"),
    });
    silent
      .removeAllListeners("connection")
      .on("connection", (socket) => socket.write("220 hi\r\n", () => socket.destroy()));
    expect(await failureOf({ ...MAIL, port: silentPort })).toMatchObject({ code: "MLR_NOTIFY_FAILED" });
    silent.close();
  });

  it("takes its password by name", async () => {
    const server = await mailServer();
    const options = { ...MAIL, user: "ops", password: secret("mail"), port: server.port, ca: CERTIFICATE };
    await email(options).send(message(), context({ secrets: { secret: async () => "mail-password" } }));
    expect(server.mails).toHaveLength(1);
  });

  it("refuses options that contradict each other", () => {
    expect(() => email({ ...MAIL, user: "ops" })).toThrow(/goes with a user/);
    expect(() => email({ ...MAIL, ...LOGIN, host: "mail.example.org", security: "none" })).toThrow(
      /without encryption/,
    );
    expect(() => email({ ...MAIL, to: "nobody" })).toThrow(/must be an address/);
    expect(() => email({ ...MAIL, hosts: "x" } as never)).toThrow(/has no option "hosts"/);
  });
});
