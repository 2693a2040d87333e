import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A request as the device sees it. */
export interface DeviceRequest {
  readonly transaction: number;
  readonly unit: number;
  readonly code: number;
  readonly offset: number;
  readonly count: number;
}

/** What the device does: bytes of values, an exception, or nothing. */
export type DeviceAnswer =
  | {
      readonly values: Uint8Array;
      readonly transaction?: number;
      readonly unit?: number;
      readonly afterMs?: number;
    }
  | { readonly exception: number }
  | { readonly raw: Uint8Array }
  | undefined;

/** A Modbus TCP device that does what a test says, also what no device should. */
export class ScriptedDevice {
  readonly requests: DeviceRequest[] = [];
  answer: (request: DeviceRequest) => DeviceAnswer;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, answer: (request: DeviceRequest) => DeviceAnswer) {
    this.#server = server;
    this.answer = answer;
  }

  static async start(
    answer: (request: DeviceRequest) => DeviceAnswer = registers,
    port = 0,
  ): Promise<ScriptedDevice> {
    const server = createServer();
    const device = new ScriptedDevice(server, answer);
    server.on("connection", (socket) => device.#serve(socket));
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return device;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends all connections, as a device does that is switched off and on. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      for (let at = 0; at + 12 <= bytes.length; at += 12) this.#take(socket, bytes.subarray(at, at + 12));
    });
  }

  #take(socket: Socket, frame: Buffer): void {
    const request = {
      transaction: frame.readUInt16BE(0),
      unit: frame.readUInt8(6),
      code: frame.readUInt8(7),
      offset: frame.readUInt16BE(8),
      count: frame.readUInt16BE(10),
    };
    this.requests.push(request);
    const answer = this.answer(request);
    if (answer === undefined) return;
    if ("raw" in answer) return void socket.write(answer.raw);
    const body =
      "exception" in answer
        ? Buffer.from([request.unit, request.code | 0x80, answer.exception])
        : Buffer.from([answer.unit ?? request.unit, request.code, answer.values.length, ...answer.values]);
    const header = Buffer.alloc(6);
    header.writeUInt16BE(
      "transaction" in answer ? (answer.transaction ?? request.transaction) : request.transaction,
      0,
    );
    header.writeUInt16BE(body.length, 4);
    const send = (): void => void (socket.destroyed || socket.write(Buffer.concat([header, body])));
    if ("afterMs" in answer && answer.afterMs !== undefined) setTimeout(send, answer.afterMs);
    else send();
  }
}

/** Each register holds its own number. */
export function registers({ offset, count }: DeviceRequest): { readonly values: Uint8Array } {
  const values = Buffer.alloc(count * 2);
  for (let index = 0; index < count; index += 1) values.writeUInt16BE((offset + index) & 0xffff, index * 2);
  return { values };
}
