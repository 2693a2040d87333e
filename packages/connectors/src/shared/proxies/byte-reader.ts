import type { Socket } from "node:net";

/** Reads from a socket piece by piece and leaves what comes after to others. */
export class ByteReader {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** The next `count` bytes. Fails where the connection ends before. */
  async exactly(count: number): Promise<Buffer> {
    for (;;) {
      const piece = this.#socket.read(count) as Buffer | null;
      if (piece !== null) {
        if (piece.length === count) return piece;
        throw new Error("the connection was closed in the middle of the answer");
      }
      await this.#readable();
    }
  }

  /** All up to and with `end`, at most `most` bytes. */
  async until(end: string, most: number): Promise<string> {
    let text = "";
    while (!text.endsWith(end)) {
      if (text.length >= most) throw new Error(`the answer has more than ${most} bytes`);
      text += (await this.exactly(1)).toString("latin1");
    }
    return text;
  }

  #readable(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      if (socket.destroyed || socket.readableEnded) return reject(new Error("the connection was closed"));
      const settle = (error?: Error): void => {
        socket.off("readable", onReadable).off("error", onError).off("close", onClose).off("end", onClose);
        if (error === undefined) resolve();
        else reject(error);
      };
      const onReadable = (): void => settle();
      const onError = (error: Error): void => settle(error);
      const onClose = (): void => settle(new Error("the connection was closed"));
      socket.on("readable", onReadable).on("error", onError).on("close", onClose).on("end", onClose);
    });
  }
}
