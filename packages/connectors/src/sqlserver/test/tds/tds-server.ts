import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { shortText, u8 } from "./bytes.ts";
import {
  readBatch,
  readBulk,
  readCall,
  readLogin,
  readTransaction,
  type Login,
  type TdsRequest,
} from "./messages.ts";
import {
  columnMetadata,
  done,
  environment,
  errorToken,
  loginAck,
  preLogin,
  resultRow,
  type ResultSet,
  type ServerError,
} from "./tokens.ts";

/** What the double answers to a request. */
export interface Answer {
  readonly sets?: readonly ResultSet[];
  readonly rows?: number;
  readonly error?: ServerError | readonly ServerError[];
  /** Ends the connection instead of answering. */
  readonly disconnect?: boolean;
  /** Never ends the first set: rows are repeated until the client sends an attention. */
  readonly endless?: boolean;
  /** The server rolled the transaction back by itself. */
  readonly rolledBack?: boolean;
}

const PRELOGIN = 0x12;
const LOGIN7 = 0x10;
const BATCH = 0x01;
const RPC = 0x03;
const BULK = 0x07;
const ATTENTION = 0x06;
const TRANSACTION = 0x0e;
const IGNORE = 2;
const RESET = 8;
const PACKET = 4096;
const DESCRIPTOR = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);

/**
 * Speaks the server's side of TDS 7.4 as MS-TDS describes it, strictly: what a client sends is decoded to the last byte, and
 * anything unexpected is kept in `faults`. What it answers is up to the test.
 */
export class TdsServer {
  readonly requests: TdsRequest[] = [];
  readonly logins: Login[] = [];
  readonly faults: unknown[] = [];
  answer: (request: TdsRequest, session: object) => Answer | Promise<Answer> = () => ({});
  /** Told when a connection ends. */
  ended: (session: object) => void = () => undefined;
  /** Refuses logins. */
  refuse: ServerError | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(): Promise<TdsServer> {
    const double = new TdsServer();
    await new Promise<void>((resolve) => double.#server.listen(0, "127.0.0.1", resolve));
    return double;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** The texts of batches and statements, without those that tedious itself sends after the login. */
  get texts(): string[] {
    return this.requests
      .flatMap((request) => ("text" in request ? [request.text] : []))
      .filter((each) => !each.startsWith("set ansi_nulls"));
  }

  /** Fails where a client sent what the protocol does not allow. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    if (this.faults.length > 0) throw new AggregateError(this.faults, String(this.faults[0]));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    const session = new Session(this, socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.ended(session);
    });
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => session.receive(bytes));
  }
}

/** One connection. */
class Session {
  readonly #double: TdsServer;
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #parts: Buffer[] = [];
  #reset = false;
  #cancelled = false;
  #busy: Promise<void> = Promise.resolve();
  #answering = false;

  constructor(double: TdsServer, socket: Socket) {
    this.#double = double;
    this.#socket = socket;
  }

  receive(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    while (this.#bytes.length >= 8 && this.#bytes.length >= this.#bytes.readUInt16BE(2)) {
      const length = this.#bytes.readUInt16BE(2);
      const packet = this.#bytes.subarray(0, length);
      this.#bytes = this.#bytes.subarray(length);
      this.#packet(packet.readUInt8(0), packet.readUInt8(1), packet.subarray(8));
    }
  }

  #packet(type: number, status: number, body: Buffer): void {
    if ((status & RESET) !== 0) this.#reset = true;
    this.#parts.push(body);
    if ((status & 1) === 0) return;
    const message = Buffer.concat(this.#parts);
    this.#parts = [];
    const reset = this.#reset;
    this.#reset = false;
    if (type === ATTENTION) return this.#attention();
    // The client gave up in the middle of a message; it waits for the end of it to be confirmed.
    if ((status & IGNORE) !== 0) return this.#send(done(undefined, { failed: true }));
    this.#busy = this.#busy
      .then(() => this.#handle(type, message, reset))
      .catch((error: unknown) => {
        this.#double.faults.push(error);
        this.#socket.destroy();
      });
  }

  #attention(): void {
    this.#cancelled = true;
    // An answer that is going out ends with the confirmation.
    if (!this.#answering) this.#confirmAttention();
  }

  #confirmAttention(): void {
    this.#cancelled = false;
    this.#send(done(undefined, { cancelled: true }));
  }

  async #handle(type: number, message: Buffer, reset: boolean): Promise<void> {
    switch (type) {
      case PRELOGIN:
        return this.#send(preLogin());
      case LOGIN7:
        return this.#login(readLogin(message));
      case BATCH:
        return this.#reply(readBatch(message, reset));
      case RPC:
        return this.#reply(readCall(message, reset));
      case BULK:
        return this.#reply(readBulk(message));
      case TRANSACTION:
        return this.#reply(readTransaction(message));
      default:
        throw new Error(`a message of type ${type}`);
    }
  }

  #login(login: Login): void {
    this.#double.logins.push(login);
    const { refuse } = this.#double;
    if (refuse !== undefined)
      return this.#send(Buffer.concat([errorToken(refuse), done(undefined, { failed: true })]));
    const collation = Buffer.from([5, 0x09, 0x04, 0xd0, 0x00, 0x34]);
    this.#send(
      Buffer.concat([
        environment(1, shortText(login.database), shortText("master")),
        environment(7, collation, u8(0)),
        loginAck(),
        environment(4, shortText(String(PACKET)), shortText(String(PACKET))),
        done(undefined),
      ]),
    );
  }

  async #reply(request: TdsRequest): Promise<void> {
    this.#double.requests.push(request);
    this.#answering = true;
    try {
      // What tedious sets after the login has no answer of interest.
      const setup = request.kind === "batch" && request.text.startsWith("set ansi_nulls");
      const answer = setup ? {} : await this.#double.answer(request, this);
      if (answer.disconnect === true) {
        this.#socket.destroy();
        return;
      }
      await this.#write(request, answer);
    } finally {
      this.#answering = false;
      if (this.#cancelled) this.#confirmAttention();
    }
  }

  async #write(request: TdsRequest, answer: Answer): Promise<void> {
    const tokens: Buffer[] = [];
    for (const set of answer.sets ?? []) {
      tokens.push(columnMetadata(set));
      if (answer.endless === true) return this.#endless(set, tokens);
      tokens.push(...set.rows.map((row) => resultRow(set, row)));
      tokens.push(done(set.rows.length, { token: 0xff }));
    }
    const { error = [] } = answer;
    const errors = Array.isArray(error) ? (error as readonly ServerError[]) : [error as ServerError];
    tokens.push(...errors.map(errorToken));
    if (answer.rolledBack === true) tokens.push(transactionToken("rollback"));
    if (request.kind === "transaction" && errors.length === 0) tokens.push(transactionToken(request.action));
    const rows = request.kind === "bulk" ? request.rows.length : answer.rows;
    tokens.push(done(errors.length > 0 ? undefined : rows, { failed: errors.length > 0 }));
    this.#send(Buffer.concat(tokens));
  }

  async #endless(set: ResultSet, head: readonly Buffer[]): Promise<void> {
    const rows = Buffer.concat(
      Array.from({ length: 200 }, () => set.rows.map((row) => resultRow(set, row))).flat(),
    );
    this.#socket.write(packet(Buffer.concat(head), false));
    while (!this.#cancelled && !this.#socket.destroyed) {
      if (!this.#socket.write(packets(rows, false))) {
        await new Promise<void>((resolve) => this.#socket.once("drain", resolve).once("close", resolve));
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    // The answer that is broken off has an end of its own, before the attention is confirmed.
    if (!this.#socket.destroyed) this.#send(done(undefined, { failed: true }));
  }

  #send(bytes: Buffer): void {
    this.#socket.write(packets(bytes, true));
  }
}

function transactionToken(action: "begin" | "commit" | "rollback"): Buffer {
  const descriptor = Buffer.concat([u8(DESCRIPTOR.length), DESCRIPTOR]);
  if (action === "begin") return environment(8, descriptor, u8(0));
  return environment(action === "commit" ? 9 : 10, u8(0), descriptor);
}

function packets(bytes: Buffer, last: boolean): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += PACKET - 8) {
    const end = at + PACKET - 8 >= bytes.length;
    parts.push(packet(bytes.subarray(at, at + PACKET - 8), last && end));
  }
  return Buffer.concat(parts);
}

function packet(body: Buffer, last: boolean): Buffer {
  const head = Buffer.from([4, last ? 1 : 0, 0, 0, 0, 0, 1, 0]);
  head.writeUInt16BE(body.length + 8, 2);
  return Buffer.concat([head, body]);
}
