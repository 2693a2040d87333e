/** Batches that came while the same epochs were open. */
interface Segment {
  readonly epochs: readonly string[];
  readonly from: number;
  to: number;
}

/** Which batches of a commit count in which epochs, as ranges of their sequence numbers. */
export class Segments {
  #segments: Segment[] = [];

  add(sequence: number, epochs: readonly string[]): void {
    const last = this.#segments.at(-1);
    const same =
      last !== undefined &&
      last.epochs.length === epochs.length &&
      last.epochs.every((id, index) => id === epochs[index]);
    if (same) last.to = sequence;
    else this.#segments.push({ epochs: [...epochs], from: sequence, to: sequence });
  }

  /** All epochs that batches came in. */
  get epochs(): Set<string> {
    return new Set(this.#segments.flatMap(({ epochs }) => epochs));
  }

  /** A condition on a sequence number: the batch came in the epoch; undefined where none did. @param first only where the epoch is the first of its batch. */
  condition(column: string, epoch: string, first = false): string | undefined {
    const ranges: { from: number; to: number }[] = [];
    let open = false;
    for (const { epochs, from, to } of this.#segments) {
      const own = first ? epochs[0] === epoch : epochs.includes(epoch);
      const last = ranges.at(-1);
      if (own && open && last !== undefined) last.to = to;
      else if (own) ranges.push({ from, to });
      open = own;
    }
    if (ranges.length === 0) return undefined;
    return `(${ranges.map(({ from, to }) => `${column} BETWEEN ${from} AND ${to}`).join(" OR ")})`;
  }

  clear(): void {
    this.#segments = [];
  }
}
