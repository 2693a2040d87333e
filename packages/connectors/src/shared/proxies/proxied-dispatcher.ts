import type { Socket } from "node:net";
import { Agent, buildConnector, Dispatcher } from "undici";
import { publicAddressOf } from "../http/private-addresses.ts";
import { traced } from "../http/connection-trace.ts";
import { openHttpTunnel } from "./http-tunnel.ts";
import { proxyAuthorization, type ProxyAddress } from "./proxy-address.ts";
import { proxyFailure } from "./proxy-failure.ts";
import { openSocks5Tunnel } from "./socks5-tunnel.ts";

/** How connections through a proxy are made. */
export interface ProxiedOptions {
  /** Options of the pools of connections. */
  readonly pool: Agent.Options;
  /** TLS with the server behind the proxy. */
  readonly tls: buildConnector.BuildOptions;
  /** Longest time for a connection: to the proxy, and from there to the server. */
  readonly timeoutMs: number;
  readonly privateAddresses: "allow" | "refuse";
  /** What is done with http:// addresses: an HTTP proxy is asked for the page (`forward`) or for a tunnel, as for https://. */
  readonly plain: "forward" | "tunnel";
}

type Connect = buildConnector.connector;

/** Makes a pool of connections that go through one proxy. Close it. */
export function proxiedDispatcher(proxy: ProxyAddress, options: ProxiedOptions): Dispatcher {
  const tunnels = new Agent({ ...options.pool, connect: tunnelConnector(proxy, options) });
  if (options.plain === "tunnel" || proxy.protocol === "socks5:") return tunnels;
  const forward = new Agent({ ...options.pool, connect: proxyConnector(proxy, options) });
  return new ForwardingDispatcher(proxy, { tunnels, forward });
}

/** Connects to the server behind the proxy, whatever the scheme. */
function tunnelConnector(proxy: ProxyAddress, options: ProxiedOptions): Connect {
  const toProxy = proxyConnector(proxy, options);
  const secure = buildConnector({ ...options.tls, timeout: options.timeoutMs });
  const open = proxy.protocol === "socks5:" ? openSocks5Tunnel : openHttpTunnel;
  return (target, callback) => {
    const port = target.port === "" ? (target.protocol === "https:" ? 443 : 80) : Number(target.port);
    const host = target.hostname.replace(/^\[|\]$/g, "");
    const opening = async (): Promise<Socket> => {
      const reached = options.privateAddresses === "refuse" ? await publicAddressOf(host) : host;
      const socket = await connected(toProxy);
      const late = setTimeout(
        () => socket.destroy(proxyFailure(proxy, `did not connect to ${host} in ${options.timeoutMs} ms`)),
        options.timeoutMs,
      );
      const ignore = (): void => undefined;
      socket.on("error", ignore);
      try {
        await open(socket, proxy, { host: reached, port });
      } catch (error) {
        socket.destroy();
        throw asProxyFailure(error, proxy);
      } finally {
        clearTimeout(late);
      }
      socket.off("error", ignore);
      return socket;
    };
    void answerBack(opening(), (error, socket) => {
      if (error !== null) callback(error, null);
      else if (target.protocol === "https:") secure({ ...target, httpSocket: socket }, callback);
      else callback(null, socket);
    });
  };
}

async function answerBack(opening: Promise<Socket>, callback: buildConnector.Callback): Promise<void> {
  let socket: Socket;
  try {
    socket = await opening;
  } catch (error) {
    return callback(error as Error, null);
  }
  callback(null, socket);
}

/** Connects to the proxy itself, whatever is asked for. */
function proxyConnector(proxy: ProxyAddress, { timeoutMs }: ProxiedOptions): Connect {
  const connect = traced(buildConnector({ timeout: timeoutMs }));
  const { hostname, port } = proxy;
  const protocol = proxy.protocol === "https:" ? "https:" : "http:";
  return (_target, callback) =>
    connect({ hostname, host: hostname, port: String(port), protocol }, (...result) => {
      const [error, socket] = result;
      if (error === null) callback(null, socket);
      else callback(proxyFailure(proxy, `cannot be reached: ${error.message}`, { cause: error }), null);
    });
}

function connected(connect: Connect): Promise<Socket> {
  return new Promise((resolve, reject) => {
    connect({ hostname: "", protocol: "", port: "" }, (error, socket) =>
      error === null ? resolve(socket) : reject(error),
    );
  });
}

function asProxyFailure(error: unknown, proxy: ProxyAddress): Error {
  if (error instanceof Error && "code" in error && String(error.code).startsWith("MLR_")) return error;
  const why = error instanceof Error ? error.message : String(error);
  return proxyFailure(proxy, `did not make a connection: ${why}`, { cause: error });
}

interface ForwardingParts {
  readonly tunnels: Dispatcher;
  readonly forward: Dispatcher;
}

/** Asks the proxy for http:// pages by their whole address, and for tunnels to all else. */
class ForwardingDispatcher extends Dispatcher {
  readonly #origin: string;
  readonly #authorization: string | undefined;
  readonly #tunnels: Dispatcher;
  readonly #forward: Dispatcher;

  constructor(proxy: ProxyAddress, { tunnels, forward }: ForwardingParts) {
    super();
    this.#origin = proxy.shown;
    this.#authorization = proxyAuthorization(proxy);
    this.#tunnels = tunnels;
    this.#forward = forward;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const origin = String(options.origin);
    if (!origin.startsWith("http:")) return this.#tunnels.dispatch(options, handler);
    // Headers are given as an object by all of ours.
    const own = options.headers as Record<string, string> | undefined;
    const headers: Record<string, string> = {
      host: new URL(origin).host,
      ...own,
      ...(this.#authorization === undefined ? {} : { "proxy-authorization": this.#authorization }),
    };
    const path = `${origin}${options.path}`;
    return this.#forward.dispatch({ ...options, origin: this.#origin, path, headers }, handler);
  }

  override async close(): Promise<void> {
    await Promise.all([this.#tunnels.close(), this.#forward.close()]);
  }

  override async destroy(): Promise<void> {
    await Promise.all([this.#tunnels.destroy(), this.#forward.destroy()]);
  }
}
