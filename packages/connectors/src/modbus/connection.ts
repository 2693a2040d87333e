import { connect, type Socket } from "node:net";
import type { Clock } from "@millrace/core";
import { ModbusException, ModbusFailure } from "./failure.ts";
import { dataBytes, type Framing, type ModbusReply, type ModbusRequest } from "./frame/framing.ts";

/** Where a device is, and how it is spoken to. */
export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly framing: Framing;
  /** Until an answer has to be there. */
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Requests that may wait for their answers. */
  readonly maxInFlight: number;
  readonly clock: Clock;
}

interface Waiting {
  readonly request: ModbusRequest;
  readonly resolve: (data: Uint8Array) => void;
  readonly reject: (error: ModbusFailure) => void;
  timer: NodeJS.Timeout | undefined;
}

/** Answers missing in a row after which the connection is taken for dead. */
const DEAD_AFTER = 3;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

/**
 * One connection to a device. Answers are told apart by ids of 16 bits: one that comes after its request was given up belongs to
 * nobody, and is dropped and counted. A connection that is lost is made again by a later request.
 */
export class ModbusConnection {
  readonly #o: ConnectionOptions;
  readonly #inFlight = new Map<number, Waiting>();
  readonly #queue: Waiting[] = [];
  #socket: Socket | undefined;
  #connecting: Promise<void> | undefined;
  #transaction = 0;
  #silent = 0;
  #failedConnects = 0;
  #notBefore = 0;
  #closed = false;
  lastError: string | undefined;
  readonly counts = {
    requests: 0,
    replies: 0,
    lateReplies: 0,
    wrongReplies: 0,
    timeouts: 0,
    connects: 0,
    disconnects: 0,
  };

  constructor(options: ConnectionOptions) {
    this.#o = options;
  }

  get state(): "connected" | "connecting" | "disconnected" {
    return this.#connecting !== undefined
      ? "connecting"
      : this.#socket === undefined
        ? "disconnected"
        : "connected";
  }

  /** Resolves when a connection stands. Fails with `not-connected`; for a while after a failure at once. */
  async ready(): Promise<void> {
    if (this.#closed) throw new ModbusFailure("closed", "the reader is closed");
    if (this.#socket !== undefined) return;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    await this.#connecting;
  }

  /** The bytes of the values. Fails with `ModbusFailure`. */
  request(request: ModbusRequest): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve, reject, timer: undefined });
      this.#send();
    });
  }

  /** Gives up what is under way. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#drop(new ModbusFailure("closed", "the reader was closed"));
  }

  async #connect(): Promise<void> {
    const { host, port, clock, connectTimeoutMs, framing } = this.#o;
    if (clock.monotonic() < this.#notBefore)
      throw new ModbusFailure("not-connected", this.lastError ?? "no connection");
    try {
      const socket = await opened(host, port, connectTimeoutMs);
      if (this.#closed) {
        socket.destroy();
        throw new ModbusFailure("closed", "the reader was closed");
      }
      framing.reset();
      this.#silent = 0;
      this.#failedConnects = 0;
      this.counts.connects += 1;
      this.#socket = socket;
      this.#listen(socket);
    } catch (error) {
      this.lastError = error instanceof Error ? error.message : String(error);
      const delay = Math.min(FIRST_DELAY_MS * 2 ** this.#failedConnects, LONGEST_DELAY_MS);
      this.#failedConnects += 1;
      this.#notBefore = clock.monotonic() + delay;
      throw new ModbusFailure("not-connected", this.lastError);
    }
  }

  #listen(socket: Socket): void {
    const lost = (why: string) => {
      if (this.#socket === socket) this.#drop(new ModbusFailure("connection-lost", why));
    };
    socket.on("data", (bytes) => {
      if (this.#socket !== socket) return;
      try {
        for (const reply of this.#o.framing.decode(bytes)) this.#reply(reply);
      } catch (error) {
        lost(error instanceof Error ? error.message : String(error));
      }
      this.#send();
    });
    socket.on("error", (error) => lost(error.message));
    socket.on("close", () => lost("the device closed the connection"));
  }

  #send(): void {
    const { framing, timeoutMs } = this.#o;
    const limit = Math.min(this.#o.maxInFlight, framing.maxInFlight);
    while (this.#inFlight.size < limit) {
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      if (this.#socket === undefined) {
        waiting.reject(new ModbusFailure("not-connected", this.lastError ?? "no connection"));
        continue;
      }
      const transaction = this.#next();
      this.#inFlight.set(transaction, waiting);
      waiting.timer = setTimeout(() => this.#timeout(transaction), timeoutMs);
      this.counts.requests += 1;
      this.#socket.write(framing.encode(waiting.request, transaction));
    }
  }

  #next(): number {
    do this.#transaction = (this.#transaction + 1) & 0xffff;
    while (this.#inFlight.has(this.#transaction));
    return this.#transaction;
  }

  #reply({ transaction = this.#only(), unit, code, data }: ModbusReply): void {
    this.#silent = 0;
    const waiting = transaction === undefined ? undefined : this.#inFlight.get(transaction);
    if (waiting === undefined || transaction === undefined) {
      this.counts.lateReplies += 1;
      return;
    }
    this.#inFlight.delete(transaction);
    clearTimeout(waiting.timer);
    this.counts.replies += 1;
    const failure = this.#judge(waiting.request, { unit, code, data });
    if (failure === undefined) waiting.resolve(data.subarray(1));
    else waiting.reject(failure);
  }

  #only(): number | undefined {
    return this.#inFlight.size === 1 ? this.#inFlight.keys().next().value : undefined;
  }

  /** Why an answer is not the one to the request. */
  #judge(request: ModbusRequest, reply: Omit<ModbusReply, "transaction">): ModbusFailure | undefined {
    const { unit, code, data } = reply;
    if (unit === request.unit && code === (request.code | 0x80) && data.length === 1)
      return new ModbusException(data[0] ?? 0);
    const bytes = dataBytes(request);
    if (unit === request.unit && code === request.code && data[0] === bytes && data.length === bytes + 1)
      return undefined;
    this.counts.wrongReplies += 1;
    return new ModbusFailure("wrong-reply", "the device answered something else than it was asked");
  }

  #timeout(transaction: number): void {
    const waiting = this.#inFlight.get(transaction);
    this.#inFlight.delete(transaction);
    this.counts.timeouts += 1;
    this.#silent += 1;
    waiting?.reject(new ModbusFailure("timeout", `no answer within ${this.#o.timeoutMs} ms`));
    // Without ids a late answer would be taken for that of the next request.
    const ambiguous = this.#o.framing.maxInFlight === 1;
    if (this.#silent >= DEAD_AFTER || ambiguous) {
      this.#drop(new ModbusFailure("connection-lost", "the device does not answer any more"));
    } else this.#send();
  }

  #drop(why: ModbusFailure): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) {
      this.lastError = why.message;
      this.counts.disconnects += 1;
      socket.destroy();
    }
    const all = [...this.#inFlight.values(), ...this.#queue.splice(0)];
    this.#inFlight.clear();
    for (const waiting of all) {
      clearTimeout(waiting.timer);
      waiting.reject(why);
    }
  }
}

function opened(host: string, port: number, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
    const timer = setTimeout(
      () => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)),
      timeoutMs,
    );
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}
