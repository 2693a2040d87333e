/**
 * Draws what a command printed to a terminal as an SVG, for the README:
 * `script -qec "npm start -- --once" /dev/null | node scripts/terminal-picture.ts "npm start" > docs/images/npm-start.svg`
 * Progress lines that were redrawn appear as they ended; passwords in URLs are left out.
 */
import { text } from "node:stream/consumers";

const CELL = { width: 8.4, height: 19 };
const PADDING = 16;
const BAR = 34;
const COLOURS: Record<string, string> = {
  "31": "#ff7b72",
  "32": "#7ee787",
  "33": "#e3b341",
  "34": "#79c0ff",
  "35": "#d2a8ff",
  "36": "#76e3ea",
  "90": "#8b949e",
};

interface Style {
  readonly fill?: string;
  readonly bold?: boolean;
  readonly dim?: boolean;
}

const command = process.argv[2] ?? "";
const input = await text(process.stdin);
const lines = screen(input.replaceAll(/:[^:@/\s]+@/g, ":••••••@"));
process.stdout.write(draw([`$ ${command}`, ...lines]));

/** The lines as they stand at the end: a carriage return or an erased line starts a line anew. */
function screen(output: string): string[] {
  const rows = output
    .split(/\r?\n/)
    .map((line) => line.split("\r").at(-1) ?? "")
    .map((line) => line.split("\u001b[2K").at(-1) ?? "")
    .map((line) => line.replaceAll(/\u001b\[(?!\d*(?:;\d+)*m)[0-9;?]*[A-Za-z]/g, ""));
  const start = rows.findLastIndex((line) => line.startsWith("> ")) + 1;
  return rows.slice(start).join("\n").trim().split("\n");
}

function draw(rows: readonly string[]): string {
  const plain = rows.map((row) => row.replaceAll(/\u001b\[[0-9;]*m/g, ""));
  const width = Math.ceil(Math.max(...plain.map((row) => [...row].length)) * CELL.width + 2 * PADDING);
  const height = rows.length * CELL.height + BAR + PADDING;
  const body = rows.map((row, i) => line(row, BAR + (i + 0.8) * CELL.height)).join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(command)} in a terminal">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<circle cx="20" cy="17" r="5.5" fill="#ff5f57"/><circle cx="38" cy="17" r="5.5" fill="#febc2e"/><circle cx="56" cy="17" r="5.5" fill="#28c840"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#c9d1d9" xml:space="preserve">
${body}
</g>
</svg>
`;
}

function line(row: string, y: number): string {
  const spans: string[] = [];
  let style: Style = {};
  for (const part of row.split(/(\u001b\[[0-9;]*m)/)) {
    const codes = /^\u001b\[([0-9;]*)m$/.exec(part);
    if (codes === null) spans.push(span(part, style));
    else for (const code of (codes[1] ?? "").split(";")) style = restyle(style, code);
  }
  return `<text x="${PADDING}" y="${y.toFixed(1)}">${spans.join("")}</text>`;
}

function restyle(style: Style, code: string): Style {
  if (code === "" || code === "0") return {};
  if (code === "1") return { ...style, bold: true };
  if (code === "2") return { ...style, dim: true };
  if (code === "22") return style.fill === undefined ? {} : { fill: style.fill };
  if (code === "39") return { ...(style.bold ? { bold: true } : {}), ...(style.dim ? { dim: true } : {}) };
  const fill = COLOURS[code];
  return fill === undefined ? style : { ...style, fill };
}

function span(content: string, style: Style): string {
  if (content === "") return "";
  const attributes = [
    style.fill === undefined ? "" : ` fill="${style.fill}"`,
    style.bold ? ' font-weight="600"' : "",
    style.dim ? ' opacity="0.65"' : "",
  ].join("");
  return `<tspan${attributes}>${escape(content)}</tspan>`;
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
