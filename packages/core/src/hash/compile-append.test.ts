import { expect, it } from "vitest";
import { compileAppend, interpret, type WrittenColumn, type WrittenForm } from "./compile-append.ts";

const SAMPLES: Readonly<Record<WrittenForm, readonly unknown[]>> = {
  text: ["", "plain", "Zürich 香港", "x".repeat(40)],
  integer: [0, -1, 2 ** 53 - 1, 9_007_199_254_740_993n],
  double: [0.5, -1e300, 5e-324, NaN],
  boolean: [true, false],
  date: [0, -1, 20_000],
  time: [0, 86_399_999_999],
  timestamp: [0, 1_700_000_000_123_456, 9_007_199_254_740_993n],
  timestamptz: [0, -1],
  bytea: [new Uint8Array(), new Uint8Array([0, 255, 16])],
  other: [{ a: 1 }, [1, 2]],
};

function column(form: WrittenForm, index: number): WrittenColumn {
  const name = Buffer.from(`column "${index}"\\`);
  const prefix = new Uint8Array(4 + name.length);
  new DataView(prefix.buffer).setUint32(0, name.length);
  prefix.set(name, 4);
  return { prefix, form, text: (value) => JSON.stringify(value) };
}

const forms = Object.keys(SAMPLES) as WrittenForm[];
const columns = forms.map(column);

it("writes the same bytes as the loop for which no code is generated", () => {
  const compiled = compileAppend(columns);
  const looped = interpret(columns);
  const ours = Buffer.alloc(8_192);
  const theirs = Buffer.alloc(8_192);
  for (let round = 0; round < 5; round++) {
    const values = forms.map((form) => SAMPLES[form][round] ?? (round % 2 === 0 ? null : undefined));
    const end = compiled(ours, 3, values);
    expect(looped(theirs, 3, values)).toBe(end);
    expect(ours.subarray(3, end).equals(theirs.subarray(3, end))).toBe(true);
  }
});

it("says where there may not be room, whatever the form", () => {
  const long: Readonly<Partial<Record<WrittenForm, unknown>>> = {
    text: "x".repeat(2_000),
    bytea: new Uint8Array(2_000),
    other: "x".repeat(2_000),
  };
  for (const [index, form] of forms.entries()) {
    const one = [column(form, index)];
    for (const append of [compileAppend(one), interpret(one)]) {
      const bytes = Buffer.alloc(1_024);
      expect(append(bytes, 1_000, [SAMPLES[form][0]])).toBe(-1);
      if (form in long) expect(append(bytes, 0, [long[form]])).toBe(-1);
      expect(append(bytes, 0, [null])).toBe(0);
    }
  }
});
