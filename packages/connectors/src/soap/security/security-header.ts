import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "@millrace/core";
import { secretValue } from "../../shared/http/secret-value.ts";
import type { Secrets } from "../../shared/http/secrets.ts";
import { NS } from "../namespaces.ts";
import type { KnownSecurity } from "./options.ts";

const PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0";
const MESSAGE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0";
const X509 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0";

/** Validity of a message that says when it was made, where nothing else says how long. */
const LIFETIME_SECONDS = 300;

/** Ids of what is signed. */
export const TIMESTAMP_ID = "timestamp";
/** Id of the certificate in the message. */
export const TOKEN_ID = "x509";

/** The header that says who asks: tokens and the time, with a place for a signature at its end. Empty where nobody is said to. */
export async function securityHeader(
  all: readonly KnownSecurity[],
  { secrets, clock }: { secrets: Secrets; clock: Clock },
): Promise<string> {
  if (all.length === 0) return "";
  const now = clock.now();
  const x509 = all.find((each) => each.kind === "x509");
  const user = all.find((each) => each.kind === "username-token");
  const parts: string[] = [];
  if (x509 !== undefined || user?.timestamp === true)
    parts.push(timestamp(now, x509?.lifetimeSeconds ?? LIFETIME_SECONDS));
  if (x509 !== undefined) {
    const cert = await pemValue(x509.cert);
    parts.push(
      `<wsse:BinarySecurityToken wsu:Id="${TOKEN_ID}" EncodingType="${MESSAGE}#Base64Binary" ValueType="${X509}#X509v3">${certificateBody(cert)}</wsse:BinarySecurityToken>`,
    );
  }
  if (user !== undefined) parts.push(await usernameToken(user, { secrets, now }));
  return `<wsse:Security xmlns:wsse="${NS.wsse}" xmlns:wsu="${NS.wsu}" s:mustUnderstand="1">${parts.join("")}</wsse:Security>`;
}

async function usernameToken(
  options: Extract<KnownSecurity, { kind: "username-token" }>,
  { secrets, now }: { secrets: Secrets; now: number },
): Promise<string> {
  const username = typeof options.username === "function" ? await options.username() : options.username;
  const password = await secretValue(options.password, "security.password", secrets);
  const nonce = randomBytes(16);
  const created = iso(now);
  const digest = options.type === "digest";
  const shown = digest
    ? createHash("sha1").update(nonce).update(created).update(password).digest("base64")
    : password;
  secrets.add("security.digest", shown);
  return `<wsse:UsernameToken wsu:Id="user"><wsse:Username>${escaped(username)}</wsse:Username><wsse:Password Type="${PROFILE}#${
    digest ? "PasswordDigest" : "PasswordText"
  }">${escaped(shown)}</wsse:Password><wsse:Nonce EncodingType="${MESSAGE}#Base64Binary">${nonce.toString("base64")}</wsse:Nonce><wsu:Created>${created}</wsu:Created></wsse:UsernameToken>`;
}

function timestamp(now: number, lifetimeSeconds: number): string {
  return `<wsu:Timestamp wsu:Id="${TIMESTAMP_ID}"><wsu:Created>${iso(now)}</wsu:Created><wsu:Expires>${iso(now + lifetimeSeconds * 1_000)}</wsu:Expires></wsu:Timestamp>`;
}

/** The value of a certificate, which is no secret, but may come from a function like one. */
export async function pemValue(input: string | (() => string | Promise<string>)): Promise<string> {
  return typeof input === "function" ? input() : input;
}

/** The first certificate of a PEM without its frame. */
function certificateBody(pem: string): string {
  const body = /-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/.exec(pem)?.[1] ?? pem;
  return body.replaceAll(/\s+/g, "");
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;");
}
