import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, MillraceError, systemClock } from "@millrace/core";
import type { WebSocket, WebSocketServer } from "ws";
import type { Fields } from "../model/fields.ts";
import { type CaptureLine, readCapture } from "./capture.ts";
import { DIALECTS } from "./dialects.ts";
import type { ReplayDialect } from "./replay-dialect.ts";
import { ReplayedMarket } from "./replayed-market.ts";

/** What a replay server plays. */
export interface ReplayOptions {
  /** The exchange that it speaks as, such as `okx`. */
  readonly exchange: string;
  /** The capture's file. */
  readonly capture: string | URL;
  /** Default 0: any that is free. */
  readonly port?: number;
  readonly clock?: Clock;
}

/** A message with whom it is for, read once. */
interface Played {
  readonly at: number;
  readonly text: string;
  readonly message: Fields;
  readonly key: string | undefined;
  readonly rest: URL | undefined;
}

/** Bytes that may wait for a client before playing waits for it. */
const MOST_WAITING = 4 * 1024 * 1024;

/** Starts a server that plays a capture as an exchange would: close it. Fails with MLR_ARGUMENT_INVALID or MLR_SOURCE_FORMAT. */
export async function replayServer(options: ReplayOptions): Promise<ReplayServer> {
  const dialect = DIALECTS.get(options.exchange);
  if (dialect === undefined) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `No capture of "${options.exchange}" can be played`, {
      hint: `Those of ${[...DIALECTS.keys()].join(", ")} can.`,
    });
  }
  const { WebSocketServer } = await import("ws");
  const lines = readCapture(await readFile(options.capture, "utf8"));
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 64 * 1024 });
  const http = createServer();
  http.listen(options.port ?? 0, "127.0.0.1");
  await once(http, "listening");
  return new ReplayServer({ dialect, lines, http, sockets, clock: options.clock ?? systemClock });
}

/** Plays a capture to whoever subscribes. The market goes on for those who are not connected, too: they miss it. */
export class ReplayServer {
  /** Requests that the exchange would have refused. */
  readonly complaints: string[] = [];
  /** Turns new connections away, as an exchange does that is being mended. Default false. */
  away = false;
  /** Connections that were made so far. */
  connections = 0;
  readonly #dialect: ReplayDialect;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #clock: Clock;
  readonly #market: ReplayedMarket;
  readonly #played: readonly Played[];
  readonly #clients = new Map<WebSocket, Set<string>>();
  readonly #ended = new AbortController();
  #at = 0;
  #lost = 0;

  constructor({
    dialect,
    lines,
    http,
    sockets,
    clock,
  }: {
    readonly dialect: ReplayDialect;
    readonly lines: readonly CaptureLine[];
    readonly http: Server;
    readonly sockets: WebSocketServer;
    readonly clock: Clock;
  }) {
    this.#dialect = dialect;
    this.#http = http;
    this.#sockets = sockets;
    this.#clock = clock;
    this.#played = lines.flatMap((line) => prepared(line, dialect));
    const natives = new Set(this.#played.flatMap(({ message }) => dialect.subject(message)?.native ?? []));
    this.#market = new ReplayedMarket(dialect, [...natives]);
    http.on("request", (request, response) => this.#answer(request, response));
    http.on("upgrade", (request, socket, head) => {
      if (this.away) {
        socket.end("HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n");
        return;
      }
      sockets.handleUpgrade(request, socket, head, (client) => this.#connected(client));
    });
  }

  /** Where it is: what `exchange()` takes as `endpoint`. */
  get address(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** Messages that are left. */
  get left(): number {
    return this.#played.length - this.#at;
  }

  /** Connections that stand. */
  get clients(): number {
    return this.#clients.size;
  }

  /** True where nothing waits to be sent. */
  get idle(): boolean {
    return this.#clients.keys().every(({ bufferedAmount }) => bufferedAmount === 0);
  }

  /** Subscriptions of all connections, each as `channel:native`. */
  get subscribed(): string[] {
    return [...this.#clients.values()].flatMap((keys) => [...keys]);
  }

  /** Plays the next messages at once. Default: all that are left. Returns how many were played. */
  step(count = this.left): number {
    const until = Math.min(this.#played.length, this.#at + count);
    const from = this.#at;
    while (this.#at < until) this.#play(this.#played[this.#at++] as Played);
    return until - from;
  }

  /** Plays what is left, `speed` times as fast as it was recorded. Ends when all was played, or the server is closed. */
  async play(speed = 1): Promise<void> {
    const first = this.#played[this.#at]?.at ?? 0;
    const begun = this.#clock.monotonic();
    while (this.left > 0 && !this.#ended.signal.aborted) {
      const due = first + ((this.#clock.monotonic() - begun) / 1_000) * speed;
      while (this.left > 0 && (this.#played[this.#at] as Played).at <= due) {
        this.step(1);
        if (this.#isFull()) break;
      }
      await this.#clock.sleep(5, this.#ended.signal);
    }
  }

  /** Waits for so many subscriptions, and then plays. Keeps no program from ending. */
  async playTo({
    subscriptions,
    speed,
  }: {
    readonly subscriptions: number;
    readonly speed: number;
  }): Promise<void> {
    this.#http.unref();
    while (this.subscribed.length < subscriptions && !this.#ended.signal.aborted)
      await this.#clock.sleep(20, this.#ended.signal);
    await this.play(speed);
  }

  /** The market goes on for so many messages that no client gets. */
  lose(count: number): void {
    this.#lost += count;
    this.step(count);
    this.#lost = 0;
  }

  /** Closes all connections, as a server does that restarts; with 1006, without a word. */
  disconnect(code = 1001): void {
    for (const client of this.#clients.keys()) {
      if (code === 1006) client.terminate();
      else client.close(code);
    }
  }

  /** Sends a text to all clients, whatever it is. */
  say(text: string): void {
    for (const client of this.#clients.keys()) client.send(text);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    for (const client of this.#sockets.clients) client.terminate();
    this.#sockets.close();
    this.#http.closeAllConnections();
    const closed = once(this.#http, "close");
    this.#http.close();
    await closed;
  }

  #play({ at, text, message, key, rest }: Played): void {
    this.#market.now = at;
    if (rest !== undefined) {
      const native = rest.searchParams.get("symbol") ?? "";
      const { bids, asks, lastUpdateId } = message;
      if (typeof lastUpdateId !== "number") return;
      const levels = { bids: bids as string[][], asks: asks as string[][] };
      // A snapshot that was asked for in the capture is behind what was played since.
      const known = this.#market.book(native);
      if (known === undefined || known.sequence < lastUpdateId)
        this.#market.change({ channel: "depth", native, whole: true, ...levels, sequence: lastUpdateId });
      return;
    }
    this.#market.take(message);
    if (key === undefined || this.#lost > 0) return;
    for (const [client, keys] of this.#clients) if (keys.has(key)) client.send(text);
  }

  #isFull(): boolean {
    return this.#clients.keys().some(({ bufferedAmount }) => bufferedAmount > MOST_WAITING);
  }

  #connected(client: WebSocket): void {
    this.connections++;
    this.#clients.set(client, new Set());
    client.on("close", () => this.#clients.delete(client));
    client.on("error", () => client.terminate());
    client.on("message", (data, binary) => {
      if (binary) this.#complain("a binary message");
      else this.#request(client, (data as Buffer).toString("utf8"));
    });
  }

  #request(client: WebSocket, text: string): void {
    const { subscribe, unsubscribe, replies } = this.#dialect.request(text, this.#market);
    for (const reply of replies) {
      if (/"error"|"code":2\b/.test(reply)) this.#complain(text);
      client.send(reply);
    }
    const keys = this.#clients.get(client);
    for (const each of unsubscribe) keys?.delete(keyOf(each));
    for (const each of subscribe) {
      keys?.add(keyOf(each));
      const book = this.#market.book(each.native);
      const snapshot = book === undefined ? undefined : this.#dialect.snapshot(each, book, this.#market.now);
      if (snapshot !== undefined) client.send(snapshot);
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", "http://replay");
    const answer = this.#dialect.rest(url.pathname, url.searchParams, this.#market);
    if (answer === undefined) this.#complain(`${request.method} ${request.url}`);
    response.writeHead(answer === undefined ? 404 : (answer.status ?? 200), {
      "content-type": "application/json",
    });
    response.end(JSON.stringify(answer?.body ?? { message: "no such path" }));
  }

  #complain(about: string): void {
    if (this.complaints.length < 100) this.complaints.push(about.slice(0, 500));
  }
}

function prepared(line: CaptureLine, dialect: ReplayDialect): Played[] {
  if (line.kind !== "received" && line.kind !== "answer") return [];
  const message = JSON.parse(line.text) as Fields;
  const rest = line.kind === "answer" ? new URL(line.url) : undefined;
  const subject = rest === undefined ? dialect.subject(message) : undefined;
  if (subject === undefined && rest === undefined) return [];
  return [{ at: line.at, text: line.text, message, key: subject && keyOf(subject), rest }];
}

function keyOf({ channel, native }: { readonly channel: string; readonly native: string }): string {
  return `${channel}:${native}`;
}
