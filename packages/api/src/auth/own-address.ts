import type { FastifyRequest } from "fastify";

/** The address that people open the dashboard by: what the setting says, else what the request does. Without a path. */
export function ownAddress(request: FastifyRequest, publicUrl: URL | undefined): string {
  return publicUrl?.origin ?? `${request.protocol}://${request.host}`;
}

/** Whether the browser came by TLS, so that cookies can be kept to it. */
export function isSecure(request: FastifyRequest, publicUrl: URL | undefined): boolean {
  return ownAddress(request, publicUrl).startsWith("https:");
}
