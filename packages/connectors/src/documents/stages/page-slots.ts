/** Lets only so many pages be worked on at a time, and only so much memory be taken by them. */
export class PageSlots {
  readonly #atOnce: number;
  readonly #megabytes: number;
  #working = 0;
  #taken = 0;
  readonly #waiting: { readonly megabytes: number; readonly start: () => void }[] = [];

  constructor({ atOnce, memoryMb }: { readonly atOnce: number; readonly memoryMb: number }) {
    this.#atOnce = atOnce;
    this.#megabytes = memoryMb;
  }

  /** Does it as soon as there is room; what needs more than there is goes alone. In the order in which it was asked for. */
  async with<T>(megabytes: number, work: () => Promise<T>): Promise<T> {
    const wanted = Math.min(Math.max(0, megabytes), this.#megabytes);
    if (this.#waiting.length > 0 || !this.#fits(wanted)) {
      await new Promise<void>((start) => this.#waiting.push({ megabytes: wanted, start }));
    } else this.#take(wanted);
    try {
      return await work();
    } finally {
      this.#working--;
      this.#taken -= wanted;
      this.#admit();
    }
  }

  #admit(): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && this.#fits(next.megabytes);
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#take(next.megabytes);
      next.start();
    }
  }

  #fits(megabytes: number): boolean {
    return this.#working < this.#atOnce && this.#taken + megabytes <= this.#megabytes;
  }

  #take(megabytes: number): void {
    this.#working++;
    this.#taken += megabytes;
  }
}
