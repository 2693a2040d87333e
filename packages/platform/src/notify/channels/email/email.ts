import { redactor, resolveSecret } from "@millrace/core";
import type { Channel, SendContext } from "../../channel.ts";
import { clip } from "../../message/clip.ts";
import type { NotificationMessage } from "../../message/notification-message.ts";
import { plainText } from "../../message/plain-text.ts";
import { postponed } from "../failures.ts";
import { type EmailOptions, type ResolvedEmailOptions, resolveEmailOptions } from "./email-options.ts";
import { smtpFailure } from "./smtp-failure.ts";

/**
 * Sends messages by SMTP, over TLS unless the options say otherwise. Fails with MLR_OPTION_UNKNOWN or
 * MLR_ARGUMENT_INVALID; does not connect.
 */
export function email(options: EmailOptions): Channel {
  const own = resolveEmailOptions(options);
  return {
    kind: "email",
    async send(message, context) {
      const password =
        own.password === undefined ? undefined : await resolveSecret(own.password, context.secrets);
      if (password !== undefined) redactor.add(password);
      await sendMail(own, password, { message, context });
    },
  };
}

type Create = typeof import("nodemailer").createTransport;

interface Delivery {
  readonly message: NotificationMessage;
  readonly context: SendContext;
}

async function sendMail(
  options: ResolvedEmailOptions,
  password: string | undefined,
  { message, context }: Delivery,
): Promise<void> {
  // Only who sends e-mail pays for loading it.
  const { createTransport } = await import("nodemailer");
  const transport = createTransport(transportOptions(options, password));
  const interrupted = Promise.withResolvers<never>();
  const stop = (): void => interrupted.reject(postponed("E-mail: the delivery was interrupted"));
  interrupted.promise.catch(() => undefined);
  context.signal.addEventListener("abort", stop, { once: true });
  try {
    if (context.signal.aborted) stop();
    await Promise.race([interrupted.promise, transport.sendMail(mail(options, message))]);
  } catch (error) {
    throw smtpFailure(error, options.host);
  } finally {
    context.signal.removeEventListener("abort", stop);
    transport.close();
  }
}

function transportOptions(
  options: ResolvedEmailOptions,
  password: string | undefined,
): Parameters<Create>[0] {
  const { host, port, security, user, timeoutMs, ca } = options;
  return {
    host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    ...(user === undefined ? {} : { auth: { user, pass: password ?? "" } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    // Nothing of a message comes from a file or an address.
    disableFileAccess: true,
    disableUrlAccess: true,
    tls: { minVersion: "TLSv1.2", ...(ca === undefined ? {} : { ca }) },
  };
}

/** The same message has the same id each time, so that mail programs can tell. */
function mail(options: ResolvedEmailOptions, message: NotificationMessage): Record<string, unknown> {
  const { from, to, cc } = options;
  const name = from.replace(/^.*<|>.*$/g, "");
  return {
    from,
    to,
    cc,
    subject: clip(`[Millrace] ${message.title}`.replaceAll(/\s+/g, " "), 200),
    text: `${message.title}\n\n${plainText(message)}\n`,
    messageId: `<${message.id}@${name.slice(name.lastIndexOf("@") + 1)}>`,
    date: new Date(message.at),
    headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" },
  };
}
