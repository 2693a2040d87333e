import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { MillraceError } from "@millrace/core";
import { type ClientOptions, WebSocket } from "ws";
import type { CollectorOptions } from "./definition.ts";

/** What a socket is opened with. */
export interface SocketRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly options: Pick<CollectorOptions, "proxy" | "tls" | "compress" | "maxMessageBytes">;
  readonly signal: AbortSignal;
}

const MAX_MESSAGE = 16 * 1024 ** 2;

/** Begins to open a WebSocket; its events tell what comes of it. Fails where the proxy cannot be passed, or the address is none. */
export async function connectSocket(asked: SocketRequest): Promise<WebSocket> {
  const { url, headers, timeoutMs, options } = asked;
  const target = parseUrl(url);
  const tls = tlsOf(asked);
  const given: ClientOptions = {
    headers: { ...headers },
    handshakeTimeout: timeoutMs,
    // Compressed messages cost about ten times the time.
    perMessageDeflate: options.compress === true,
    maxPayload: options.maxMessageBytes ?? MAX_MESSAGE,
    followRedirects: false,
    ...tls,
  };
  if (options.proxy === undefined) return new WebSocket(target, given);
  const tunnel = await openTunnel(target, options.proxy, asked);
  const createConnection = (): Duplex =>
    target.protocol === "wss:"
      ? connectTls({ ...tls, socket: tunnel, servername: tls.servername ?? target.hostname })
      : tunnel;
  // ws takes any stream that behaves as a socket.
  return new WebSocket(target, { ...given, createConnection: createConnection as never });
}

function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === "ws:" || parsed?.protocol === "wss:") return parsed;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${url.slice(0, 200)}" is no address of a WebSocket`, {
    hint: "It begins with ws:// or wss://.",
  });
}

interface SocketTls {
  ca?: string[];
  cert?: string;
  key?: string;
  rejectUnauthorized: boolean;
  servername?: string;
}

function tlsOf({ options: { tls = {} } }: SocketRequest): SocketTls {
  return {
    rejectUnauthorized: tls.verify ?? true,
    ...(tls.ca === undefined ? {} : { ca: typeof tls.ca === "string" ? [tls.ca] : [...tls.ca] }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
  };
}

/** A connection to the server through an HTTP proxy. */
function openTunnel(target: URL, proxy: string, { timeoutMs, signal }: SocketRequest): Promise<Duplex> {
  const by = new URL(proxy);
  const port = target.port === "" ? (target.protocol === "wss:" ? "443" : "80") : target.port;
  const credentials = `${decodeURIComponent(by.username)}:${decodeURIComponent(by.password)}`;
  return new Promise((resolve, reject) => {
    const asked = (by.protocol === "https:" ? httpsRequest : httpRequest)({
      host: by.hostname,
      port: by.port === "" ? (by.protocol === "https:" ? 443 : 80) : by.port,
      method: "CONNECT",
      path: `${target.hostname}:${port}`,
      headers: {
        host: `${target.hostname}:${port}`,
        ...(by.username === ""
          ? {}
          : { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` }),
      },
      timeout: timeoutMs,
      signal,
      agent: false,
    });
    const refuse = (why: string): void => {
      asked.destroy();
      reject(new MillraceError("MLR_SOURCE_FAILED", `the proxy ${by.host} ${why}`));
    };
    asked.on("connect", (answer, socket) => {
      if (answer.statusCode === 200) resolve(socket);
      else {
        socket.destroy();
        refuse(`answered ${String(answer.statusCode)}`);
      }
    });
    asked.on("timeout", () => refuse("did not answer in time"));
    asked.on("error", reject);
    asked.end();
  });
}
