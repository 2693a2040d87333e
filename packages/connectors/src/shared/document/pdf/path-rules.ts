import type { Matrix } from "./matrix.ts";

/** How far a line may lean and still be level or upright, in points. */
const LEAN = 1;
/** Pages drawn with more lines are pictures; what comes beyond is left out. */
const MOST_RULES = 400_000;

/** Adds the level and upright lines of a path as PDF.js encodes it: 0 move, 1 line, 2 curve, 3 quadratic curve, 4 close. */
export function collectRules(path: Float32Array, m: Matrix, into: number[]): void {
  let x = 0;
  let y = 0;
  let startX = 0;
  let startY = 0;
  const to = (px: number, py: number): void => {
    if (into.length < MOST_RULES) addRule(m, [x, y, px, py], into);
    x = px;
    y = py;
  };
  for (let at = 0; at < path.length;) {
    const kind = path[at++];
    if (kind === 4) {
      to(startX, startY);
      continue;
    }
    const numbers = kind === 2 ? 6 : kind === 3 ? 4 : 2;
    const px = path[at + numbers - 2] ?? 0;
    const py = path[at + numbers - 1] ?? 0;
    at += numbers;
    if (kind === 1) {
      to(px, py);
      continue;
    }
    x = px;
    y = py;
    if (kind === 0) {
      startX = px;
      startY = py;
    }
  }
}

function addRule(
  m: Matrix,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  into: number[],
): void {
  const ax = m[0] * x0 + m[2] * y0 + m[4];
  const ay = m[1] * x0 + m[3] * y0 + m[5];
  const bx = m[0] * x1 + m[2] * y1 + m[4];
  const by = m[1] * x1 + m[3] * y1 + m[5];
  const width = Math.abs(ax - bx);
  const height = Math.abs(ay - by);
  if (Math.min(width, height) > LEAN || Math.max(width, height) <= LEAN) return;
  into.push(Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by));
}
