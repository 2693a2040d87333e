import { createHmac, createPrivateKey, randomBytes, sign } from "node:crypto";
import { MillraceError } from "@millrace/core";
import type { Subscription } from "../model/mapping.ts";

/** Who logs in to Coinbase Exchange. The secret is in base64, as the exchange gives it. */
export interface ExchangeCredentials {
  readonly key: string;
  readonly secret: string;
  readonly passphrase: string;
}

/** Who logs in to Advanced Trade: the name of a key and its private key as PEM. */
export interface AdvancedCredentials {
  readonly key: string;
  readonly secret: string;
}

/** The request that opens or closes channels of Coinbase Exchange. `now` is in milliseconds. */
export function exchangeRequest(
  type: "subscribe" | "unsubscribe",
  subscriptions: readonly Subscription[],
  credentials?: ExchangeCredentials,
  now = 0,
): string {
  const channels = [...byChannel(subscriptions)].map(([name, products]) => ({ name, product_ids: products }));
  return JSON.stringify({
    type,
    channels,
    ...(credentials === undefined ? {} : exchangeSignature(credentials, now)),
  });
}

/** What signs a subscription. */
function exchangeSignature(
  { key, secret, passphrase }: ExchangeCredentials,
  now: number,
): { signature: string; key: string; passphrase: string; timestamp: string } {
  const timestamp = String(now / 1_000);
  const signature = createHmac("sha256", Buffer.from(secret, "base64"))
    .update(`${timestamp}GET/users/self/verify`)
    .digest("base64");
  return { signature, key, passphrase, timestamp };
}

/** The requests that open or close channels of Advanced Trade: one for each channel. `now` is in milliseconds. */
export function advancedRequests(
  type: "subscribe" | "unsubscribe",
  subscriptions: readonly Subscription[],
  credentials?: AdvancedCredentials,
  now = 0,
): string[] {
  return [...byChannel(subscriptions)].map(([channel, products]) =>
    JSON.stringify({
      type,
      channel,
      product_ids: products,
      ...(credentials === undefined ? {} : { jwt: advancedToken(credentials, now) }),
    }),
  );
}

/** A token that lives for two minutes. Fails with MLR_ARGUMENT_INVALID where the key is none. */
export function advancedToken({ key, secret }: AdvancedCredentials, now: number): string {
  const seconds = Math.floor(now / 1_000);
  const privateKey = readKey(secret);
  const alg = privateKey.asymmetricKeyType === "ed25519" ? "EdDSA" : "ES256";
  const header = encode({ alg, kid: key, nonce: randomBytes(16).toString("hex"), typ: "JWT" });
  const payload = encode({ iss: "cdp", sub: key, nbf: seconds, exp: seconds + 120 });
  const signed = Buffer.from(`${header}.${payload}`);
  const signature =
    alg === "EdDSA"
      ? sign(null, signed, privateKey)
      : sign("sha256", signed, { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${header}.${payload}.${signature.toString("base64url")}`;
}

function readKey(secret: string): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(secret.replaceAll(String.raw`\n`, "\n"));
  } catch {
    // What Node.js says may hold parts of the key.
    throw new MillraceError("MLR_ARGUMENT_INVALID", "coinbase-advanced: the secret is no private key", {
      hint: "Give the key as PEM, from BEGIN to END.",
    });
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function byChannel(subscriptions: readonly Subscription[]): Map<string, string[]> {
  const channels = new Map<string, string[]>();
  for (const { channel, native } of subscriptions) {
    const products = channels.get(channel) ?? [];
    if (native !== "" && !products.includes(native)) products.push(native);
    channels.set(channel, products);
  }
  return channels;
}
