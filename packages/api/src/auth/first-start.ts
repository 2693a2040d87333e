import { isIP } from "node:net";
import { MillraceError } from "@millrace/core";
import type { FastifyRequest } from "fastify";
import type pg from "pg";
import { haveAdministrator } from "./users.ts";

/** Whether anybody may administer. While nobody may, listen on loopback alone. */
export function administratorExists(pool: pg.Pool): Promise<boolean> {
  return haveAdministrator(pool);
}

/** Tells nothing but that the server is up, to whoever watches that. */
const HEALTH = "/api/v1/health";

/**
 * Keeps everybody but this machine out until there is an administrator. Headers of proxies count as another machine, and so
 * does a name of a host that leads here without being ours, as an attacker's page might have it.
 */
export class FirstStart {
  readonly #pool: pg.Pool;
  #over = false;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** Whether there was an administrator at the last request. */
  get over(): boolean {
    return this.#over;
  }

  /** Fails with MLR_ACCESS_DENIED. */
  async check(request: FastifyRequest): Promise<void> {
    if (this.#over || request.routeOptions.url === HEALTH) return;
    this.#over = await haveAdministrator(this.#pool);
    if (this.#over || isLocal(request)) return;
    throw new MillraceError(
      "MLR_ACCESS_DENIED",
      "Nobody administers Millrace yet: only its own machine may",
      {
        hint: "On the machine that Millrace runs on, open the link that it printed when it started; `millrace user link` prints a new one.",
      },
    );
  }
}

function isLocal({ raw, headers, hostname }: FastifyRequest): boolean {
  if (headers["x-forwarded-for"] !== undefined || headers["forwarded"] !== undefined) return false;
  return isLoopback(raw.socket.remoteAddress ?? "") && isLoopback(hostname);
}

/** Whether a host or address is this machine and no other. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "").replace(/^::ffff:/i, "");
  if (isIP(bare) === 4) return bare.startsWith("127.");
  return bare === "::1" || bare.toLowerCase() === "localhost";
}
