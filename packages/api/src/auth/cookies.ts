import type { FastifyReply, FastifyRequest } from "fastify";
import { isSecure, ownAddress } from "./own-address.ts";

/** A cookie that we set. */
export interface CookieKind {
  readonly name: string;
  /** `strict`: sent where our own page asks alone; `lax`: also when another page leads here, as a provider of sign-in does. */
  readonly sameSite: "strict" | "lax";
}

export const SESSION_COOKIE: CookieKind = { name: "millrace-session", sameSite: "strict" };
export const OIDC_COOKIE: CookieKind = { name: "millrace-oidc", sameSite: "lax" };

/** What a browser sent of a cookie. */
export function readCookie(
  request: FastifyRequest,
  { name }: CookieKind,
  publicUrl?: URL,
): string | undefined {
  return request.cookies[nameOf(request, name, publicUrl)];
}

/** Sets a cookie that no script can read. */
export function setCookie(
  reply: FastifyReply,
  cookie: CookieKind,
  given: { readonly value: string; readonly maxAgeMs: number; readonly publicUrl?: URL | undefined },
): void {
  const { value, maxAgeMs, publicUrl } = given;
  reply.setCookie(nameOf(reply.request, cookie.name, publicUrl), value, {
    path: "/",
    httpOnly: true,
    secure: isSecure(reply.request, publicUrl),
    sameSite: cookie.sameSite,
    maxAge: Math.floor(maxAgeMs / 1_000),
  });
}

/** Lets the browser forget a cookie. */
export function clearCookie(reply: FastifyReply, cookie: CookieKind, publicUrl?: URL): void {
  setCookie(reply, cookie, { value: "", maxAgeMs: 0, publicUrl });
}

/**
 * Under TLS with the prefix that lets browsers accept it from this very host alone. Without TLS with the port, since a
 * browser sends cookies of a host to all of its ports, and two projects on one machine would sign each other out.
 */
function nameOf(request: FastifyRequest, name: string, publicUrl: URL | undefined): string {
  if (isSecure(request, publicUrl)) return `__Host-${name}`;
  const address = ownAddress(request, publicUrl);
  const { port } = URL.canParse(address) ? new URL(address) : { port: "" };
  return port === "" ? name : `${name}-${port}`;
}
