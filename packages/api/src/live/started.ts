/** Something that is started once, when it is first needed; where that fails it is tried again by the next who needs it. */
export class Started {
  readonly #start: () => Promise<void>;
  #starting: Promise<void> | undefined;

  constructor(start: () => Promise<void>) {
    this.#start = start;
  }

  /** Resolves when it has been started. Fails as that does. */
  ready(): Promise<void> {
    if (this.#starting === undefined) {
      const starting = this.#start();
      this.#starting = starting;
      starting.catch(() => {
        if (this.#starting === starting) this.#starting = undefined;
      });
    }
    return this.#starting;
  }
}
