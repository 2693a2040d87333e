/** A PDF transformation `[a b c d e f]`. */
export type Matrix = readonly [number, number, number, number, number, number];

/** Nothing changes. */
export const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];

/** What applies `inner` first and then `outer`. */
export function multiply(outer: Matrix, inner: Matrix): Matrix {
  return [
    outer[0] * inner[0] + outer[2] * inner[1],
    outer[1] * inner[0] + outer[3] * inner[1],
    outer[0] * inner[2] + outer[2] * inner[3],
    outer[1] * inner[2] + outer[3] * inner[3],
    outer[0] * inner[4] + outer[2] * inner[5] + outer[4],
    outer[1] * inner[4] + outer[3] * inner[5] + outer[5],
  ];
}

/** The six numbers of a list, or nothing changes where there are fewer. */
export function toMatrix(values: ArrayLike<number> | null | undefined): Matrix {
  if (values === null || values === undefined || values.length < 6) return IDENTITY;
  const at = (index: number): number => values[index] ?? 0;
  return [at(0), at(1), at(2), at(3), at(4), at(5)];
}
