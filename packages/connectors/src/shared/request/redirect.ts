import { MillraceError } from "@millrace/core";
import type { Outgoing } from "./outgoing.ts";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Headers that may go to any host. */
const HARMLESS = new Set(["accept", "accept-encoding", "accept-language", "user-agent", "content-type"]);

/** True for a status that means: ask elsewhere. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/**
 * The request that a redirect asks for. 303, and 301 and 302 after POST, become GET without a body; another origin gets no
 * headers but harmless ones. Fails with MLR_SOURCE_FAILED where the target is no http(s) address.
 */
export function redirected(from: Outgoing, status: number, target: string, where: () => string): Outgoing {
  if (!URL.canParse(target, from.url.href))
    throw redirectFailure(where(), "is redirected to what is no address");
  const url = new URL(target, from.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw redirectFailure(where(), `is redirected to ${url.protocol}, which is not followed`);
  }
  url.username = url.password = "";
  // RFC 9110, 15.4: a target without a fragment has that of the address that it was asked with.
  if (url.hash === "") url.hash = from.url.hash;
  const sameOrigin = url.origin === from.url.origin;
  const toGet =
    (status === 303 && from.method !== "HEAD") ||
    ((status === 301 || status === 302) && from.method === "POST");
  const headers = Object.fromEntries(
    Object.entries(from.headers).filter(
      ([name]) =>
        (sameOrigin || HARMLESS.has(name)) &&
        !(toGet && (name.startsWith("content-") || name === "transfer-encoding")),
    ),
  );
  return { method: toGet ? "GET" : from.method, url, headers, body: toGet ? undefined : from.body };
}

/** Why redirects are not followed further. */
export function redirectFailure(where: string, what: string): MillraceError {
  return new MillraceError("MLR_SOURCE_FAILED", `${where} ${what}`, {
    hint: "Use the address where it ends. Some servers redirect to a login page when credentials are missing.",
    retry: "never",
  });
}
