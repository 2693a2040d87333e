/** A grey picture: a byte for each pixel, 0 is black. */
export interface GreyPicture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Pages lean less than this, in degrees; more is another orientation. */
const MOST_DEGREES = 10;
const COARSE = 0.5;
const FINE = 0.1;
/** More dark pixels than this are thinned out: the angle does not change. */
const MOST_PIXELS = 60_000;

/** Degrees clockwise by which a page leans: the angle at which its lines of text stand out best, 0 where nothing does. */
export function findSkew(picture: GreyPicture): number {
  const points = darkPoints(picture, otsuThreshold(picture.data));
  if (points.length < 200) return 0;
  const level = sharpness(points, 0, picture.height);
  let best = { angle: 0, score: level };
  const tryAt = (angle: number): void => {
    const score = sharpness(points, angle, picture.height);
    if (score > best.score) best = { angle, score };
  };
  for (let angle = -MOST_DEGREES; angle <= MOST_DEGREES; angle += COARSE) tryAt(angle);
  const around = best.angle;
  for (let angle = around - COARSE; angle <= around + COARSE; angle += FINE) tryAt(angle);
  // Pictures without lines of text have no angle worth turning for.
  return best.score < level * 1.05 || Math.abs(best.angle) < FINE * 1.5
    ? 0
    : Math.round(best.angle * 10) / 10;
}

/** The grey that parts dark from light best (Otsu 1979). */
export function otsuThreshold(data: Uint8Array): number {
  const counts = new Float64Array(256);
  for (const value of data) counts[value] = (counts[value] ?? 0) + 1;
  let sum = 0;
  for (let grey = 0; grey < 256; grey++) sum += grey * (counts[grey] ?? 0);
  let below = 0;
  let sumBelow = 0;
  let best = { threshold: 128, between: -1 };
  for (let grey = 0; grey < 256; grey++) {
    below += counts[grey] ?? 0;
    if (below === 0) continue;
    const above = data.length - below;
    if (above === 0) break;
    sumBelow += grey * (counts[grey] ?? 0);
    const difference = sumBelow / below - (sum - sumBelow) / above;
    const between = below * above * difference * difference;
    if (between > best.between) best = { threshold: grey, between };
  }
  return best.threshold;
}

function darkPoints({ data, width }: GreyPicture, threshold: number): Int32Array {
  let dark = 0;
  for (const value of data) if (value <= threshold) dark++;
  // Mostly dark: a photo or a negative, whose dark parts are no letters.
  if (dark > data.length / 2) return new Int32Array(0);
  const every = Math.max(1, Math.ceil(dark / MOST_PIXELS));
  const points = new Int32Array(Math.ceil(dark / every) * 2);
  let seen = 0;
  let at = 0;
  for (let index = 0; index < data.length; index++) {
    if ((data[index] ?? 255) > threshold || seen++ % every !== 0) continue;
    points[at++] = index % width;
    points[at++] = Math.trunc(index / width);
  }
  return points.subarray(0, at);
}

/** How unevenly dark pixels spread over rows that lean by an angle. */
function sharpness(points: Int32Array, degrees: number, height: number): number {
  const slope = Math.tan((degrees * Math.PI) / 180);
  const margin = height;
  const rows = new Float64Array(height + 2 * margin);
  for (let at = 0; at < points.length; at += 2) {
    const row = Math.round((points[at + 1] ?? 0) - (points[at] ?? 0) * slope) + margin;
    if (row >= 0 && row < rows.length) rows[row] = (rows[row] ?? 0) + 1;
  }
  let score = 0;
  for (const count of rows) score += count * count;
  return score;
}
