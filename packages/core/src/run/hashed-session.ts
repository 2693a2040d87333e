import { settledHashes, type LaterHashes } from "../hash/pending-hashes.ts";
import type { EncodableBatch, Session } from "../destination.ts";

/** A batch whose row hashes may still be computed. */
export interface UnhashedBatch extends Omit<EncodableBatch, "hashes"> {
  readonly hashes?: readonly string[] | LaterHashes;
}

/**
 * A session that is handed batches while their hashes are computed elsewhere: each goes out when the next one comes, or
 * before anything else is done. So the order is kept, and the next rows are made while a thread hashes these.
 */
export class HashedSession {
  readonly #session: Session;
  #waiting: { readonly table: string; readonly batch: UnhashedBatch } | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  get recovered(): Session["recovered"] {
    return this.#session.recovered;
  }

  async takesEncoded(...shape: Parameters<NonNullable<Session["takesEncoded"]>>): Promise<boolean> {
    return (await this.#session.takesEncoded?.(...shape)) === true;
  }

  async write(table: string, batch: UnhashedBatch): Promise<void> {
    const before = this.#waiting;
    const waits = batch.hashes !== undefined && "take" in batch.hashes;
    this.#waiting = waits ? { table, batch } : undefined;
    if (before !== undefined) await this.#send(before.table, before.batch);
    if (!waits) await this.#send(table, batch);
  }

  async existing(...table: Parameters<Session["existing"]>): ReturnType<Session["existing"]> {
    await this.#settle();
    return this.#session.existing(...table);
  }

  async define(...table: Parameters<Session["define"]>): ReturnType<Session["define"]> {
    await this.#settle();
    return this.#session.define(...table);
  }

  async commit(...cut: Parameters<Session["commit"]>): ReturnType<Session["commit"]> {
    await this.#settle();
    return this.#session.commit(...cut);
  }

  async #settle(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) await this.#send(waiting.table, waiting.batch);
  }

  async #send(table: string, { hashes, ...batch }: UnhashedBatch): Promise<void> {
    if (hashes === undefined) return this.#session.write(table, batch);
    await this.#session.write(table, { ...batch, hashes: await settledHashes(hashes) });
  }
}
