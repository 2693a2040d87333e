import { FontUse, type FontFacts } from "./font-use.ts";
import { IDENTITY, multiply, toMatrix, type Matrix } from "./matrix.ts";
import type { Letter, PageMarks } from "./page-marks.ts";
import { collectRules } from "./path-rules.ts";
import type { Pdfjs } from "./load-pdfjs.ts";

/** A glyph of PDF.js: a number instead is a gap in thousandths of the font's size. */
interface Glyph {
  readonly unicode: string;
  readonly width: number;
  readonly isSpace: boolean;
  readonly vmetric?: readonly [number, number, number] | null;
}

/** A page's instructions, as PDF.js gives them. */
export interface Operators {
  readonly fnArray: readonly number[];
  readonly argsArray: readonly unknown[];
}

interface TextState {
  ctm: Matrix;
  font: FontUse;
  size: number;
  charSpacing: number;
  wordSpacing: number;
  scale: number;
  leading: number;
  rise: number;
}

/** What the interpretation is given besides the instructions. */
export interface InterpretOptions {
  readonly ops: Pdfjs["OPS"];
  /** From the page's own units to those from its upper left corner. */
  readonly base: Matrix;
  readonly width: number;
  readonly height: number;
  font(id: string): FontFacts | undefined;
}

/** Walks through a page's instructions and notes where letters, straight lines and pictures come to stand. */
export function interpretPage(operators: Operators, options: InterpretOptions): PageMarks {
  const page = new PageWalk(options);
  const { fnArray, argsArray } = operators;
  for (let index = 0; index < fnArray.length; index++) {
    page.step(fnArray[index] as number, (argsArray[index] ?? []) as readonly unknown[]);
  }
  return page.marks();
}

type Step = (walk: PageWalk, args: readonly unknown[]) => void;

const STEPS = new WeakMap<object, ReadonlyMap<number, Step>>();

class PageWalk {
  readonly #options: InterpretOptions;
  readonly #steps: ReadonlyMap<number, Step>;
  readonly #letters: Letter[] = [];
  readonly #rules: number[] = [];
  readonly #fonts = new Map<string, FontUse>();
  readonly #stack: TextState[] = [];
  #pictures = 0;
  state: TextState;
  textMatrix: Matrix = IDENTITY;
  lineMatrix: Matrix = IDENTITY;

  constructor(options: InterpretOptions) {
    this.#options = options;
    this.#steps = stepsOf(options.ops);
    this.state = {
      ctm: options.base,
      font: new FontUse("", undefined),
      size: 0,
      charSpacing: 0,
      wordSpacing: 0,
      scale: 1,
      leading: 0,
      rise: 0,
    };
  }

  step(op: number, args: readonly unknown[]): void {
    this.#steps.get(op)?.(this, args);
  }

  save(): void {
    this.#stack.push({ ...this.state });
  }

  restore(): void {
    this.state = this.#stack.pop() ?? this.state;
  }

  transform(matrix: Matrix): void {
    this.state.ctm = multiply(this.state.ctm, matrix);
  }

  /** An annotation is drawn on the page's own ground, whatever was left open before. */
  annotation(transform: Matrix, matrix: Matrix): void {
    this.save();
    this.state.ctm = multiply(multiply(this.#options.base, transform), matrix);
  }

  useFont(id: string, size: number): void {
    let font = this.#fonts.get(id);
    if (font === undefined) {
      font = new FontUse(id, this.#options.font(id));
      this.#fonts.set(id, font);
    }
    this.state.font = font;
    this.state.size = size;
  }

  startText(): void {
    this.textMatrix = IDENTITY;
    this.lineMatrix = IDENTITY;
  }

  setText(matrix: Matrix): void {
    this.textMatrix = matrix;
    this.lineMatrix = matrix;
  }

  moveText(x: number, y: number): void {
    this.lineMatrix = multiply(this.lineMatrix, [1, 0, 0, 1, x, y]);
    this.textMatrix = this.lineMatrix;
  }

  picture(): void {
    const [a, b, c, d] = this.state.ctm;
    const { width, height } = this.#options;
    if (width > 0 && height > 0) this.#pictures += Math.abs(a * d - b * c) / (width * height);
  }

  path(args: readonly unknown[]): void {
    const { ops } = this.#options;
    const kind = args[0] as number;
    if (kind === ops.endPath || kind === ops.clip || kind === ops.eoClip) return;
    const data = (args[1] as readonly unknown[] | undefined)?.[0];
    if (data instanceof Float32Array) collectRules(data, this.state.ctm, this.#rules);
  }

  show(glyphs: readonly (Glyph | number)[]): void {
    const { state } = this;
    const { font, size, scale } = state;
    // Everything but the place along the line is the same for all of them.
    const full = multiply(state.ctm, this.textMatrix);
    const along = font.vertical ? 0 : 1;
    let at = 0;
    for (const glyph of glyphs) {
      if (typeof glyph === "number") {
        at += ((font.vertical ? 1 : -1) * glyph * size * (along ? scale : 1)) / 1000;
        continue;
      }
      at += font.vertical ? this.#downward(glyph, full, at) : this.#letter(glyph, full, at);
    }
    const move: Matrix = along ? [1, 0, 0, 1, at, 0] : [1, 0, 0, 1, 0, -at];
    this.textMatrix = multiply(this.textMatrix, move);
  }

  marks(): PageMarks {
    const unknown = [...this.#fonts.values()].filter((font) => font.isUnreadable);
    return {
      letters: this.#letters,
      rules: this.#rules,
      pictures: Math.min(1, this.#pictures),
      unknown: unknown.reduce((sum, font) => sum + font.letters, 0),
      unknownFonts: unknown.map((font) => font.name),
    };
  }

  #letter(glyph: Glyph, full: Matrix, at: number): number {
    const { font, size, scale, charSpacing, wordSpacing, rise } = this.state;
    const width = glyph.width * font.unit * size * scale;
    this.#put(glyph, full, [at, rise + font.descent * size, at + width, rise + font.ascent * size]);
    return width + (charSpacing + (glyph.isSpace ? wordSpacing : 0)) * scale;
  }

  #downward(glyph: Glyph, full: Matrix, at: number): number {
    const { font, size, charSpacing, wordSpacing } = this.state;
    const metric = glyph.vmetric ?? font.verticalMetric;
    const unit = font.unit * size;
    const advance = -metric[0] * unit;
    const left = -(glyph.vmetric ? metric[1] : glyph.width * 0.5) * unit;
    const top = -at;
    this.#put(glyph, full, [left, top - advance, left + glyph.width * unit, top]);
    return advance - (charSpacing + (glyph.isSpace ? wordSpacing : 0));
  }

  #put(glyph: Glyph, m: Matrix, [left, low, right, high]: readonly [number, number, number, number]): void {
    const { font } = this.state;
    const text = glyph.unicode;
    const space = font.count(text);
    const ax = m[0] * left + m[2] * low + m[4];
    const ay = m[1] * left + m[3] * low + m[5];
    const bx = m[0] * right + m[2] * high + m[4];
    const by = m[1] * right + m[3] * high + m[5];
    const level = Math.abs(m[0]) >= Math.abs(m[1]);
    const direction = level ? (m[0] >= 0 ? 0 : 2) : m[1] > 0 ? 1 : 3;
    const x0 = Math.min(ax, bx);
    const x1 = Math.max(ax, bx);
    const y0 = Math.min(ay, by);
    const y1 = Math.max(ay, by);
    const { width, height } = this.#options;
    if (x1 < 0 || y1 < 0 || x0 > width || y0 > height || !Number.isFinite(ax + ay + bx + by)) return;
    const size = level ? y1 - y0 : x1 - x0;
    this.#letters.push({ text, direction, x0, y0, x1, y1, size, space });
  }
}

/** What is done for each instruction that matters; everything else is colour and shape. */
function stepsOf(ops: Pdfjs["OPS"]): ReadonlyMap<number, Step> {
  const known = STEPS.get(ops);
  if (known !== undefined) return known;
  const picture: Step = (walk) => walk.picture();
  const steps = new Map<number, Step>([
    [ops.save, (walk) => walk.save()],
    [ops.restore, (walk) => walk.restore()],
    [ops.transform, (walk, args) => walk.transform(toMatrix(args as number[]))],
    [ops.paintFormXObjectBegin, (walk, args) => form(walk, args)],
    [ops.paintFormXObjectEnd, (walk) => walk.restore()],
    [ops.beginAnnotation, (walk, args) => walk.annotation(toMatrix(list(args[2])), toMatrix(list(args[3])))],
    [ops.endAnnotation, (walk) => walk.restore()],
    [ops.beginText, (walk) => walk.startText()],
    [ops.setFont, (walk, args) => walk.useFont(String(args[0]), Number(args[1]))],
    [ops.setTextMatrix, (walk, args) => walk.setText(toMatrix(list(args[0])))],
    [ops.moveText, (walk, args) => walk.moveText(Number(args[0]), Number(args[1]))],
    [ops.setLeadingMoveText, (walk, args) => leadAndMove(walk, args)],
    [ops.nextLine, (walk) => walk.moveText(0, walk.state.leading)],
    [ops.setCharSpacing, (walk, args) => void (walk.state.charSpacing = Number(args[0]))],
    [ops.setWordSpacing, (walk, args) => void (walk.state.wordSpacing = Number(args[0]))],
    [ops.setHScale, (walk, args) => void (walk.state.scale = Number(args[0]) / 100)],
    [ops.setLeading, (walk, args) => void (walk.state.leading = -Number(args[0]))],
    [ops.setTextRise, (walk, args) => void (walk.state.rise = Number(args[0]))],
    [ops.setGState, (walk, args) => graphicsState(walk, args)],
    [ops.showText, (walk, args) => walk.show(args[0] as readonly (Glyph | number)[])],
    [ops.constructPath, (walk, args) => walk.path(args)],
    [ops.paintImageXObject, picture],
    [ops.paintImageXObjectRepeat, picture],
    [ops.paintInlineImageXObject, picture],
    [ops.paintImageMaskXObject, picture],
  ]);
  STEPS.set(ops, steps);
  return steps;
}

function form(walk: PageWalk, args: readonly unknown[]): void {
  walk.save();
  walk.transform(toMatrix(list(args[0])));
}

function leadAndMove(walk: PageWalk, args: readonly unknown[]): void {
  walk.state.leading = Number(args[1]);
  walk.moveText(Number(args[0]), Number(args[1]));
}

function graphicsState(walk: PageWalk, args: readonly unknown[]): void {
  for (const entry of (args[0] ?? []) as readonly (readonly [string, unknown])[]) {
    if (entry[0] !== "Font" || !Array.isArray(entry[1])) continue;
    const [id, size] = entry[1] as readonly unknown[];
    walk.useFont(String(id), Number(size));
  }
}

function list(value: unknown): ArrayLike<number> | undefined {
  return typeof value === "object" && value !== null && "length" in value
    ? (value as ArrayLike<number>)
    : undefined;
}
