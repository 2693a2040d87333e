const WIDTH = 720;
const HEIGHT = 220;
const LEFT = 70;
const BOTTOM = 30;

/** A value at a second. */
export type Point = readonly [seconds: number, value: number];

/** A line as SVG, with marks at the seconds of faults. */
export function lineChart(title: string, points: readonly Point[], faults: readonly number[]): string {
  const end = Math.max(1, ...points.map(([seconds]) => seconds));
  const top = Math.max(1, ...points.map(([, value]) => value)) * 1.1;
  const x = (seconds: number): string => (LEFT + (seconds / end) * (WIDTH - LEFT - 10)).toFixed(1);
  const y = (value: number): string => (HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - 30)).toFixed(1);
  const line = points.map(([seconds, value]) => `${x(seconds)},${y(value)}`).join(" ");
  const marks = faults.map(
    (at) =>
      `<line x1="${x(at)}" x2="${x(at)}" y1="30" y2="${HEIGHT - BOTTOM}" stroke="#d33" stroke-opacity="0.35"/>`,
  );
  const scale = [0, top / 2, top].map(
    (value) =>
      `<text x="${LEFT - 8}" y="${y(value)}" text-anchor="end">${value.toFixed(value < 10 ? 1 : 0)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/><text x="${LEFT}" y="18" font-size="13">${title}</text>
${marks.join("")}${scale.join("")}
<text x="${WIDTH - 10}" y="${HEIGHT - 10}" text-anchor="end">${Math.round(end)} s</text>
<polyline fill="none" stroke="#2563eb" stroke-width="1.5" points="${line}"/>
</svg>
`;
}
