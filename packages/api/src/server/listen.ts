import type { AddressInfo } from "node:net";
import { MillraceError } from "@millrace/core";
import type { ApiServer } from "./api-routes.ts";

/** The first port that is tried where none was asked for. */
const PORT = 8080;
/** So many are tried. */
const TRIES = 20;

/** Where to listen. */
export interface ListenOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** Default: the first that is free. */
  readonly port?: number | undefined;
  /** The first port that is tried where none was asked for. Default 8080. */
  readonly first?: number;
  /** What listens, for messages: its name, and how the variables of its settings begin. Default: the dashboard. */
  readonly what?: Listener;
}

interface Listener {
  readonly name: string;
  readonly prefix: string;
}

const DASHBOARD: Listener = { name: "dashboard", prefix: "MILLRACE_API" };

/**
 * Listens on a port: the one that was asked for, or the first that is free. Returns where it is. Fails with
 * MLR_SETTINGS_INVALID where it cannot.
 */
export async function listen(
  server: Pick<ApiServer, "listen" | "server">,
  { host = "127.0.0.1", port, first = PORT, what = DASHBOARD }: ListenOptions,
): Promise<{ readonly url: string; readonly moved: boolean }> {
  const ports = port === undefined ? Array.from({ length: TRIES }, (_, index) => first + index) : [port];
  for (const each of ports) {
    try {
      await server.listen({ host, port: each, exclusive: true });
      const address = server.server.address() as AddressInfo;
      return { url: `http://${nameOf(host)}:${address.port}`, moved: each !== ports[0] };
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (code === "EADDRINUSE" && each !== ports.at(-1)) continue;
      throw refusal({ what, host, ports, code, cause: error });
    }
  }
  throw new MillraceError("MLR_INTERNAL", "No port was tried");
}

/** What people type for an address: what means all of them is reached by the machine's own name. */
function nameOf(host: string): string {
  if (/^(127\.|0\.0\.0\.0$|::1?$|localhost$)/.test(host)) return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

function refusal(of: {
  readonly what: Listener;
  readonly host: string;
  readonly ports: readonly number[];
  readonly code: string;
  readonly cause: unknown;
}): MillraceError {
  const { what, host, ports, code, cause } = of;
  const [first, last] = [ports[0], ports.at(-1)];
  const where = first === last ? `port ${first}` : `any port from ${first} to ${last}`;
  const taken = code === "EADDRINUSE";
  return new MillraceError(
    "MLR_SETTINGS_INVALID",
    `The ${what.name} cannot listen on ${where} of ${host}: ${taken ? "another program has it" : code}`,
    {
      hint:
        code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
          ? `Set ${what.prefix}_HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0.`
          : `Choose another one with --port or ${what.prefix}_PORT; 0 means none.`,
      details: { host, port: first ?? null, code },
      cause,
    },
  );
}
