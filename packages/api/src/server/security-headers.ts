import type { FastifyReply } from "fastify";

/**
 * Scripts, styles, pictures and connections of this server alone; no inline code, no frames, nothing embedded. Styles that
 * scripts set on single elements are not concerned.
 */
const CONTENT_SECURITY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": CONTENT_SECURITY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
} as const;

/** Headers that tell browsers what this server's pages may do. @param https whether browsers come by TLS: then only so from now on */
export function securityHeaders(https: boolean): Readonly<Record<string, string>> {
  return https ? { ...HEADERS, "strict-transport-security": "max-age=31536000" } : HEADERS;
}

/** Adds them to an answer. */
export function addSecurityHeaders(reply: FastifyReply, https: boolean): void {
  reply.headers(securityHeaders(https));
}
