import { isIPv4, isIPv6, type Socket } from "node:net";
import { ByteReader } from "./byte-reader.ts";
import type { ProxyAddress } from "./proxy-address.ts";
import { proxyFailure } from "./proxy-failure.ts";

const VERSION = 5;
const NO_LOGIN = 0;
const PASSWORD = 2;
/** RFC 1928, 6. */
const REPLIES: Readonly<Record<number, string>> = {
  1: "it failed",
  2: "its rules do not allow it",
  3: "the network cannot be reached",
  4: "the host cannot be reached",
  5: "the connection was refused",
  6: "it took too long",
  7: "it does not know the command",
  8: "it does not know that kind of address",
};

/** Asks a SOCKS5 proxy at the other end of `socket` to connect it to `host:port` (RFC 1928, passwords by RFC 1929). */
export async function openSocks5Tunnel(
  socket: Socket,
  proxy: ProxyAddress,
  target: { readonly host: string; readonly port: number },
): Promise<void> {
  const reader = new ByteReader(socket);
  await login(socket, reader, proxy);
  const port = Buffer.alloc(2);
  port.writeUInt16BE(target.port);
  socket.write(Buffer.concat([Buffer.from([VERSION, 1, 0]), addressBytes(target.host, proxy), port]));
  const [version, reply = 1, , kind] = await reader.exactly(4);
  if (version !== VERSION) throw proxyFailure(proxy, "does not speak SOCKS5");
  if (reply !== 0) {
    const why = REPLIES[reply] ?? `error ${reply}`;
    throw proxyFailure(proxy, `did not connect to ${target.host}:${target.port}: ${why}`, {
      denied: reply === 2,
    });
  }
  await reader.exactly((await boundLength(reader, kind, proxy)) + 2);
}

async function login(socket: Socket, reader: ByteReader, proxy: ProxyAddress): Promise<void> {
  const { username, password } = proxy;
  const known = username !== "" || password !== "";
  socket.write(Buffer.from(known ? [VERSION, 2, NO_LOGIN, PASSWORD] : [VERSION, 1, NO_LOGIN]));
  const [version, method] = await reader.exactly(2);
  if (version !== VERSION) throw proxyFailure(proxy, "does not speak SOCKS5");
  if (method === NO_LOGIN) return;
  if (method !== PASSWORD || !known) {
    throw proxyFailure(proxy, "wants another login than it was given", { denied: true });
  }
  const user = Buffer.from(username, "utf8");
  const secret = Buffer.from(password, "utf8");
  if (user.length > 255 || secret.length > 255) {
    throw proxyFailure(proxy, "takes no user or password of more than 255 bytes", { denied: true });
  }
  socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([secret.length]), secret]));
  const [, status] = await reader.exactly(2);
  if (status !== 0) throw proxyFailure(proxy, "refuses user or password", { denied: true });
}

function addressBytes(host: string, proxy: ProxyAddress): Buffer {
  if (isIPv4(host)) return Buffer.from([1, ...host.split(".").map(Number)]);
  if (isIPv6(host)) return Buffer.concat([Buffer.from([4]), ipv6Bytes(host)]);
  const name = Buffer.from(host, "latin1");
  if (name.length > 255) throw proxyFailure(proxy, "takes no names of more than 255 bytes", { denied: true });
  return Buffer.concat([Buffer.from([3, name.length]), name]);
}

/** An address as URLs have it: without a zone, an IPv4 part already as groups. */
function ipv6Bytes(host: string): Buffer {
  const [head = "", tail] = host.split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => "0");
  const bytes = Buffer.alloc(16);
  [...first, ...zeros, ...last].forEach((group, index) =>
    bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2),
  );
  return bytes;
}

async function boundLength(
  reader: ByteReader,
  kind: number | undefined,
  proxy: ProxyAddress,
): Promise<number> {
  if (kind === 1) return 4;
  if (kind === 4) return 16;
  if (kind === 3) return (await reader.exactly(1))[0] ?? 0;
  throw proxyFailure(proxy, "does not speak SOCKS5");
}
