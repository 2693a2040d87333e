/** Epochs per number: each has a bit of a UInt64. */
const BITS = 60;

/** Which epochs a row counts in, as numbers with a bit per epoch: any number of epochs, in as many numbers as that takes. */
export class EpochMarks {
  readonly ids: readonly string[];

  constructor(ids: readonly string[]) {
    this.ids = ids;
  }

  /** How many numbers there are. */
  get words(): number {
    return Math.ceil(this.ids.length / BITS);
  }

  /** The expression that is 1 where the epoch is marked in the numbers `<prefix>0<suffix>`, `<prefix>1<suffix>`, … */
  has(prefix: string, id: string, suffix = ""): string {
    const index = this.ids.indexOf(id);
    return index < 0 ? "0" : `bitTest(${prefix}${Math.floor(index / BITS)}${suffix}, ${index % BITS})`;
  }

  /** Numbers in which these epochs are marked; unknown ones are left out. */
  of(ids: readonly string[]): bigint[] {
    const numbers = Array.from({ length: this.words }, () => 0n);
    for (const id of ids) {
      const index = this.ids.indexOf(id);
      if (index >= 0)
        numbers[Math.floor(index / BITS)] =
          (numbers[Math.floor(index / BITS)] ?? 0n) | (1n << BigInt(index % BITS));
    }
    return numbers;
  }

  /** Columns `<prefix>0`, … of these epochs. */
  columns(prefix: string, ids: readonly string[]): string[] {
    return this.of(ids).map((number, word) => `toUInt64(${number}) AS ${prefix}${word}`);
  }

  /** Columns `<prefix>0`, … of the epochs that a group, told by an expression, stands for. */
  ofGroup(prefix: string, group: string, groups: readonly (readonly string[])[]): string[] {
    const numbers = groups.map((ids) => this.of(ids));
    return Array.from({ length: this.words }, (_, word) => {
      const list = numbers.map((each) => `toUInt64(${each[word] ?? 0n})`).join(", ");
      return `${pick(group, list)} AS ${prefix}${word}`;
    });
  }

  /** The numbers of all rows of a key together. */
  merged(prefix: string): string[] {
    return Array.from(
      { length: this.words },
      (_, word) => `groupBitOr(${prefix}${word}) AS ${prefix}${word}_`,
    );
  }
}

/** The element of a list whose place, from 0 up, an expression tells. */
function pick(index: string, list: string): string {
  return list === "" ? "toUInt64(0)" : `arrayElement([${list}], ${index} + 1)`;
}
