import { isIP } from "node:net";
import { MillraceError } from "@millrace/core";
import type { FastifyRequest } from "fastify";

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses requests that a page of another site makes a browser send. Fails with MLR_ACCESS_DENIED.
 * @param publicUrl the address at which people reach the server, where it is not the one it listens on
 */
export function checkHost(request: FastifyRequest, publicUrl: URL | undefined): void {
  const { headers, method } = request;
  checkHostName(request, publicUrl, "MILLRACE_API_URL");
  const changes = !SAFE_METHODS.has(method) || headers.upgrade !== undefined;
  if (changes && !isOwnPage(headers.origin, headers.host, publicUrl)) {
    throw new MillraceError("MLR_ACCESS_DENIED", "The request comes from a page of another site", {
      hint: "Behind a reverse proxy set MILLRACE_API_URL to the address that people use.",
    });
  }
}

/**
 * Refuses requests whose `Host` has a name that is not ours: it is a site whose name was pointed at this machine. Addresses
 * cannot be, so any is fine. Fails with MLR_ACCESS_DENIED.
 * @param variable the setting that says our name
 */
export function checkHostName(
  { headers }: Pick<FastifyRequest, "headers">,
  publicUrl: URL | undefined,
  variable: string,
): void {
  const host = hostOf(headers.host);
  if (host !== undefined && isOurs(host, publicUrl)) return;
  throw new MillraceError("MLR_ACCESS_DENIED", "This server is not known by the name it was called by", {
    hint: `Set ${variable} to the address that people use, such as https://millrace.example.org.`,
  });
}

/** Name or address alone, in lower case; undefined for what is none. */
function hostOf(header: string | undefined): string | undefined {
  if (header === undefined || !URL.canParse(`http://${header}`)) return undefined;
  const { hostname, username, pathname } = new URL(`http://${header}`);
  return username === "" && pathname === "/" ? hostname.replace(/\.$/, "") : undefined;
}

function isOurs(host: string, publicUrl: URL | undefined): boolean {
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  if (isIP(host.replace(/^\[|\]$/g, "")) !== 0) return true;
  return publicUrl?.hostname === host;
}

/** Browsers always say where a request that changes something comes from; programs say nothing. */
function isOwnPage(
  origin: string | undefined,
  host: string | undefined,
  publicUrl: URL | undefined,
): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const from = new URL(origin);
  return from.host === host || from.origin === publicUrl?.origin;
}
