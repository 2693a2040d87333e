import { parseOptions, redactor, resolveSecret, secretText, type SecretReference } from "@millrace/core";
import { z } from "zod";
import type { Channel, SendContext } from "../../channel.ts";
import type { NotificationMessage } from "../../message/notification-message.ts";
import { postponed, quoted, refused } from "../failures.ts";
import { post } from "../post.ts";
import { keyOf, signature, type SignedContent } from "./signature.ts";

const key = secretText(
  z.string().refine((text) => keyOf(text) !== undefined, {
    message: "must be whsec_ and 24 to 64 bytes in base64, such as: whsec_$(openssl rand -base64 32)",
  }),
);

const webhookOptions = z.strictObject({
  /** Where to: an address that begins with https://, or http:// within one's own network. */
  url: secretText(
    z.string().refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), {
      message: "must be an address that begins with https:// (or http://)",
    }),
  ),
  /** The signing secret, `whsec_…`. While it is being changed several: every one of them signs. */
  secret: z.union([key, z.array(key).min(1).max(4)]),
  /** Further headers, such as one that the receiver's gateway asks for. Default: none. */
  headers: z.record(z.string().regex(/^[\w-]+$/), secretText(z.string())).default({}),
  /** Milliseconds that one try may take. Default 15,000. */
  timeoutMs: z.number().int().min(1).max(300_000).default(15_000),
});

/** Options of `webhook()`. */
export type WebhookOptions = z.input<typeof webhookOptions>;

/**
 * Posts messages as JSON, signed as Standard Webhooks say: headers `webhook-id` (the same for every try of a message),
 * `webhook-timestamp` and `webhook-signature`. Any status 2xx is a success; 410 gives up.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; does not connect.
 */
export function webhook(options: WebhookOptions): Channel {
  const { url, secret, headers, timeoutMs } = parseOptions(webhookOptions, options, "webhook()");
  return {
    kind: "webhook",
    async send(message, context) {
      const address = await resolveSecret(url, context.secrets);
      const secrets = await resolveAll(Array.isArray(secret) ? secret : [secret], context);
      const names = Object.keys(headers);
      const values = await resolveAll(Object.values(headers), context);
      const body = JSON.stringify(payload(message));
      const timestamp = String(Math.floor(context.clock.now() / 1_000));
      const answer = await post({
        service: "The webhook",
        url: address,
        headers: {
          ...Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""])),
          "webhook-id": message.id,
          "webhook-timestamp": timestamp,
          "webhook-signature": secrets
            .map((each) => signed(each, { id: message.id, timestamp, body }))
            .join(" "),
        },
        body,
        timeoutMs,
        context,
      });
      const { status, text, retryAfterMs } = answer;
      if (status >= 200 && status < 300) return;
      const said = `The webhook has answered ${status} ${quoted(text)}`;
      if (status === 410)
        throw refused(said, { status, hint: "The receiver wants no more messages: remove the channel." });
      // A receiver that is wrong now may be mended by the next try.
      throw postponed(said, {
        status,
        retryAfterMs,
        hint: "It is tried again. Check the address, and what the receiver has logged.",
      });
    },
  };
}

function signed(secret: string, content: SignedContent): string {
  redactor.add(secret);
  const bytes = keyOf(secret);
  if (bytes !== undefined) return signature(bytes, content);
  throw refused("The webhook's secret is no signing secret", {
    hint: "It has to be whsec_ and 24 to 64 bytes in base64.",
  });
}

async function resolveAll(
  values: readonly (string | SecretReference)[],
  context: SendContext,
): Promise<string[]> {
  return Promise.all(values.map((value) => resolveSecret(value, context.secrets)));
}

/** Standard Webhooks' form: what it is about, when, and the message itself. */
function payload(message: NotificationMessage): Record<string, unknown> {
  return { type: `notification.${message.kind}`, timestamp: message.at, data: message };
}
