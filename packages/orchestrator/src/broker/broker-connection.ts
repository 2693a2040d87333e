import { MillraceError } from "@millrace/core";
import { type Channel, Connection } from "rabbitmq-client";
import { BrokerSilent } from "./answered.ts";
import { brokerLocation, brokerOptions } from "./broker-options.ts";

export interface BrokerConnectionOptions {
  /** `amqp://…` or `amqps://…` */
  readonly url: string;
  /** Shown in the broker's list of connections. */
  readonly name: string;
  /** Is told once when the broker goes away or is not there, and what a channel fails with. */
  readonly onError: (error: unknown) => void;
  /** Is told when the broker is there again after it was away. */
  readonly onReturn?: () => void;
}

/** Time for a connection to end in an orderly way, in milliseconds. */
const CLOSE_MS = 2_000;

/** A connection that comes back by itself. */
export class BrokerConnection {
  readonly #o: BrokerConnectionOptions;
  #connection: Connection;
  #away = false;
  #closed = false;

  /** Fails with MLR_SETTINGS_INVALID where the URL names files that cannot be read. */
  constructor(options: BrokerConnectionOptions) {
    this.#o = options;
    this.#connection = this.#connect();
  }

  #connect(): Connection {
    const { url, name, onError, onReturn } = this.#o;
    const connection = new Connection(brokerOptions(url, name));
    const current = (): boolean => !this.#closed && connection === this.#connection;
    connection.on("error", (error: unknown) => {
      if (!current() || this.#away) return;
      this.#away = true;
      onError(brokerFailure(error, url));
    });
    connection.on("connection", () => {
      if (this.#away) onReturn?.();
      this.#away = false;
    });
    connection.on("connection.blocked", (reason) => onError(blocked(reason, url)));
    return connection;
  }

  /** Drops the connection with all its channels, and begins another one. */
  renew(): void {
    if (this.#closed) return;
    const old = this.#connection;
    this.#connection = this.#connect();
    old.unsafeDestroy();
  }

  /** It is connected, and takes messages. */
  get ready(): boolean {
    return this.#connection.ready;
  }

  /** Tells of what failed, but for a connection that broke, which was told already. One that is silent is dropped. */
  fail(error: unknown): void {
    if (this.#closed) return;
    if (this.ready) this.#o.onError(brokerFailure(error, this.#o.url));
    if (error instanceof BrokerSilent) this.renew();
  }

  /** A channel of its own, as soon as the broker is there. Fails when the connection is closed. The caller closes it. */
  async channel(): Promise<Channel> {
    const channel = await this.#connection.acquire({ emitErrorsFromChannel: true });
    channel.on("error", (error: unknown) => {
      if (this.ready) this.#o.onError(brokerFailure(error, this.#o.url));
    });
    return channel;
  }

  /** Idempotent, never rejects. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const late = setTimeout(() => this.#connection.unsafeDestroy(), CLOSE_MS);
    await this.#connection.close().catch(() => undefined);
    clearTimeout(late);
  }
}

/** `error` as MLR_BROKER_UNAVAILABLE that says where and what to do; a MillraceError stays as it is. */
function brokerFailure(error: unknown, url: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const { code = "" } = error as { code?: string };
  const reason = error instanceof Error && error.message !== "" ? error.message : code || String(error);
  return new MillraceError("MLR_BROKER_UNAVAILABLE", `RabbitMQ at ${brokerLocation(url)}: ${reason}`, {
    hint: `${HINTS[code] ?? "Check that it runs and that MILLRACE_QUEUE_URL is right."} ${MEANWHILE}`,
    details: { location: brokerLocation(url), ...(code === "" ? {} : { code }) },
    cause: error,
  });
}

const MEANWHILE = "Meanwhile workers look for runs in the control database; no run is lost.";

const HINTS: Readonly<Record<string, string>> = {
  ACCESS_REFUSED: "Check user, password and virtual host in MILLRACE_QUEUE_URL, and the user's permissions.",
  NOT_ALLOWED: "Create the virtual host, or name another one in MILLRACE_QUEUE_URL.",
  PRECONDITION_FAILED:
    "A queue or exchange of this name was made by something else: delete it, or use another virtual host.",
  ECONNREFUSED: "Nothing listens there: start the broker, or correct host and port in MILLRACE_QUEUE_URL.",
  ENOTFOUND: "Correct the host in MILLRACE_QUEUE_URL.",
  EPROTO: "With amqps the port has to be the broker's TLS port, 5671 by default.",
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "Name the certificate of its authority: MILLRACE_QUEUE_URL=…?cacertfile=<file>.",
  SELF_SIGNED_CERT_IN_CHAIN: "Name the certificate of its authority: MILLRACE_QUEUE_URL=…?cacertfile=<file>.",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "Name the certificate of its authority: MILLRACE_QUEUE_URL=…?cacertfile=<file>.",
};

function blocked(reason: string, url: string): MillraceError {
  return new MillraceError(
    "MLR_BROKER_UNAVAILABLE",
    `RabbitMQ at ${brokerLocation(url)} takes no messages now: ${reason}`,
    { hint: `Give it more memory or disk space. ${MEANWHILE}`, details: { location: brokerLocation(url) } },
  );
}
