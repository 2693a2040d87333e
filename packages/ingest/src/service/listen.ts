import { MillraceError } from "@millrace/core";
import type { AddressInfo, Server } from "node:net";

/** Ports that are tried where none was named. */
const TRIES = 20;

/**
 * Listens on the port that was asked for, or on the first free one from `from` on; tells which. Fails with
 * MLR_SETTINGS_INVALID where it cannot.
 */
export async function listen(
  server: Server,
  where: { readonly host: string; readonly port: number | undefined; readonly from: number },
): Promise<number> {
  const { host, port, from } = where;
  const ports = port === undefined ? Array.from({ length: TRIES }, (_, index) => from + index) : [port];
  let code = "";
  for (const each of ports) {
    code = await tryPort(server, each, host);
    if (code === "") return (server.address() as AddressInfo).port;
    if (code !== "EADDRINUSE") break;
  }
  const [first, last] = [ports[0], ports.at(-1)];
  const what = first === last ? `port ${first}` : `any port from ${first} to ${last}`;
  const why = code === "EADDRINUSE" ? "another program has it" : code;
  throw new MillraceError("MLR_SETTINGS_INVALID", `Rows cannot be taken on ${what} of ${host}: ${why}`, {
    hint: "Set MILLRACE_INGEST_PORT and MILLRACE_INGEST_GRPC_PORT to free ports, and MILLRACE_INGEST_HOST to an address of this machine.",
    details: { host, port: first ?? null, code },
  });
}

function tryPort(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve) => {
    const settle = (code: string): void => {
      server.off("error", onError);
      server.off("listening", onListening);
      resolve(code);
    };
    const onError = (error: NodeJS.ErrnoException): void => settle(error.code ?? error.message);
    const onListening = (): void => settle("");
    server.once("error", onError);
    server.once("listening", onListening);
    server.listen({ host, port, exclusive: true });
  });
}
