/** What became of a sink, for people and for events. */
export interface SinkTrouble {
  readonly sink: string;
  /**
   * - `failed`: it does not take lines; they go to files until it does.
   * - `slow`: it does not keep up; what memory has no room for goes to files.
   * - `refused`: it will never take these records; they are in the folder `refused`.
   * - `recovered`: it takes lines again; the files are being replayed.
   * - `lost`: neither the sink nor the disk took records, or the files had reached their limit.
   */
  readonly kind: "failed" | "slow" | "refused" | "recovered" | "lost";
  /** What happened; empty for `recovered`. */
  readonly message: string;
  /** How many records it is about. */
  readonly records: number;
}
