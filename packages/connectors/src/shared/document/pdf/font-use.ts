/** What is taken of a font of PDF.js. */
export interface FontFacts {
  readonly name?: string;
  readonly ascent?: number;
  readonly descent?: number;
  readonly vertical?: boolean;
  readonly fontMatrix?: readonly number[];
  readonly defaultVMetrics?: readonly [number, number, number] | null;
}

/** Letters that stand for nothing anybody can read: control characters, private use, the replacement character. */
const UNREADABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffd\ue000-\uf8ff]/u;
/** Of a font's letters: beyond it, none of them can be trusted. Codes without a map turn spaces into control characters. */
const UNREADABLE_SHARE = 0.02;

/** A font on one page: its measures, and whether its letters can be told. */
export class FontUse {
  readonly name: string;
  /** What a glyph's width is multiplied with for a font of size 1. */
  readonly unit: number;
  readonly ascent: number;
  readonly descent: number;
  readonly vertical: boolean;
  readonly verticalMetric: readonly [number, number, number];
  letters = 0;
  #unreadable = 0;

  constructor(id: string, facts: FontFacts = {}) {
    this.name = facts.name ?? id;
    this.unit = facts.fontMatrix?.[0] ?? 0.001;
    this.vertical = facts.vertical === true;
    this.verticalMetric = facts.defaultVMetrics ?? [-1000, 500, 880];
    // Fonts often say nothing or nonsense of their height.
    const { ascent = 0, descent = 0 } = facts;
    this.ascent = ascent > 0.3 && ascent < 1.5 ? ascent : 0.75;
    this.descent = descent < 0 && descent > -0.8 ? descent : -0.22;
  }

  /** Notes a letter; says whether it is white space. */
  count(text: string): boolean {
    if (text.trim() === "") return true;
    this.letters++;
    if (UNREADABLE.test(text)) this.#unreadable++;
    return false;
  }

  get isUnreadable(): boolean {
    return this.#unreadable > this.letters * UNREADABLE_SHARE;
  }
}
