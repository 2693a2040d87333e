import type { AddressInfo } from "node:net";
import { MillraceError } from "@millrace/core";
import type { ApiServer } from "./api-routes.ts";

/** The first port that is tried where none was asked for. */
const PORT = 8080;
/** So many are tried. */
const TRIES = 20;

/**
 * Listens on a port: the one that was asked for, or the first that is free from 8080 on. Returns where it is. Fails with
 * MLR_SETTINGS_INVALID where it cannot.
 */
export async function listen(
  server: ApiServer,
  { host = "127.0.0.1", port }: { readonly host?: string | undefined; readonly port?: number | undefined },
): Promise<{ readonly url: string; readonly moved: boolean }> {
  const ports = port === undefined ? Array.from({ length: TRIES }, (_, index) => PORT + index) : [port];
  for (const each of ports) {
    try {
      await server.listen({ host, port: each, exclusive: true });
      const address = server.server.address() as AddressInfo;
      return { url: `http://${nameOf(host)}:${address.port}`, moved: each !== ports[0] };
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (code === "EADDRINUSE" && each !== ports.at(-1)) continue;
      throw refusal({ host, ports, code, cause: error });
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
  readonly host: string;
  readonly ports: readonly number[];
  readonly code: string;
  readonly cause: unknown;
}): MillraceError {
  const { host, ports, code, cause } = of;
  const [first, last] = [ports[0], ports.at(-1)];
  const where = first === last ? `port ${first}` : `any port from ${first} to ${last}`;
  const taken = code === "EADDRINUSE";
  return new MillraceError(
    "MLR_SETTINGS_INVALID",
    `The dashboard cannot listen on ${where} of ${host}: ${taken ? "another program has it" : code}`,
    {
      hint:
        code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
          ? "Set MILLRACE_API_HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0."
          : "Choose another one with --port or MILLRACE_API_PORT; 0 means none.",
      details: { host, port: first ?? null, code },
      cause,
    },
  );
}
