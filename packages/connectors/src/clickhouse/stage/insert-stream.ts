import { Readable } from "node:stream";

/** Bytes that wait for the socket at most before the writer has to. */
const WAITING_BYTES = 4 * 1024 * 1024;

/** The body of one INSERT, which grows while it is sent. */
export class InsertStream {
  readonly #body: Readable;
  readonly #sent: Promise<Error | undefined>;
  #wanted: (() => void) | undefined;
  /** Bytes so far. */
  bytes = 0;
  /** The server has answered: no more bytes are of use. */
  over = false;

  /** @param send sends the body; resolves when the server has taken all of it */
  constructor(send: (body: Readable) => Promise<void>) {
    this.#body = new Readable({
      highWaterMark: WAITING_BYTES,
      read: () => this.#want(),
    });
    this.#sent = send(this.#body).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    // Nobody reads the body any more, so that nobody would ever want more of it.
    void this.#sent.then(() => {
      this.over = true;
      this.#want();
    });
  }

  /** Adds bytes, which belong to the stream from now on. Resolves when more are wanted, or none will ever be. */
  async write(bytes: Buffer): Promise<void> {
    this.bytes += bytes.length;
    if (this.over || this.#body.destroyed || this.#body.push(bytes)) return;
    const wanted = Promise.withResolvers<void>();
    this.#wanted = wanted.resolve;
    await Promise.race([wanted.promise, this.#sent]);
  }

  /** No more bytes come. Resolves when the server has them all, with why it has not. */
  end(): Promise<Error | undefined> {
    if (!this.#body.destroyed) this.#body.push(null);
    return this.#sent;
  }

  #want(): void {
    this.#wanted?.();
    this.#wanted = undefined;
  }
}
