import type { Socket } from "node:net";
import { ByteReader } from "./byte-reader.ts";
import { proxyAuthorization, type ProxyAddress } from "./proxy-address.ts";
import { proxyFailure } from "./proxy-failure.ts";

/** Longest head of a proxy's answer. */
const MAX_HEAD = 16_384;

/** Asks an HTTP proxy at the other end of `socket` to connect it to `host:port` (RFC 9110, 9.3.6). */
export async function openHttpTunnel(
  socket: Socket,
  proxy: ProxyAddress,
  target: { readonly host: string; readonly port: number },
): Promise<void> {
  const authority = `${target.host.includes(":") ? `[${target.host}]` : target.host}:${target.port}`;
  const authorization = proxyAuthorization(proxy);
  const lines = [
    `CONNECT ${authority} HTTP/1.1`,
    `Host: ${authority}`,
    ...(authorization === undefined ? [] : [`Proxy-Authorization: ${authorization}`]),
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  const head = await new ByteReader(socket).until("\r\n\r\n", MAX_HEAD);
  const [, status = "", reason = ""] = /^HTTP\/1\.[01] (\d{3})(?: ([^\r\n]*))?\r\n/.exec(head) ?? [];
  if (status === "") throw proxyFailure(proxy, "did not answer in HTTP");
  if (status.startsWith("2")) return;
  const denied = status === "407" || status === "401" || status === "403";
  throw proxyFailure(proxy, `did not connect to ${authority}: ${`${status} ${reason}`.trim()}`, { denied });
}
