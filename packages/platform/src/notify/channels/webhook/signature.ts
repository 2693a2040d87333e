import { createHmac } from "node:crypto";

const PREFIX = "whsec_";

/** The bytes of a signing secret `whsec_…`; undefined where it is none. */
export function keyOf(secret: string): Buffer | undefined {
  const text = secret.slice(PREFIX.length);
  if (!secret.startsWith(PREFIX) || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64");
  return bytes.length >= 24 && bytes.length <= 64 ? bytes : undefined;
}

/** What is signed. */
export interface SignedContent {
  /** `webhook-id`. */
  readonly id: string;
  /** `webhook-timestamp`: whole seconds since 1970. */
  readonly timestamp: string;
  readonly body: string;
}

/** One entry of `webhook-signature`, as Standard Webhooks say: HMAC-SHA-256 of id, time and body. */
export function signature(key: Buffer, { id, timestamp, body }: SignedContent): string {
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}
