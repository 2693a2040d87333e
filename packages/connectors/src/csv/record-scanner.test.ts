import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { RecordScanner, type Dialect } from "./record-scanner.ts";

const PLAIN: Dialect = {
  delimiter: ",",
  quote: '"',
  escape: '"',
  comment: undefined,
  carriageReturns: false,
  relaxedQuotes: false,
  nulls: [],
  maxRecordLength: 1_000,
};

interface Scanned {
  records: (readonly (string | null)[])[];
  lines: number[];
  malformed: { line: number; reason: string; raw: string }[];
}

/** Scans a text that comes in pieces of `size` characters. */
function scan(text: string, over: Partial<Dialect> = {}, size = text.length || 1): Scanned {
  const scanner = new RecordScanner({ ...PLAIN, ...over });
  const out: Scanned = { records: [], lines: [], malformed: [] };
  let rest = "";
  const sink = {
    record: (fields: readonly (string | null)[], line: number) => {
      out.records.push([...fields]);
      out.lines.push(line);
    },
    malformed: (line: number, reason: string, start: number, end: number) =>
      out.malformed.push({ line, reason, raw: rest.slice(start, end) }),
  };
  for (let at = 0; at < text.length; at += size) {
    rest += text.slice(at, at + size);
    rest = rest.slice(scanner.scan(rest, 0, false, sink));
  }
  rest = rest.slice(scanner.scan(rest, 0, true, sink));
  expect(rest).toBe("");
  return out;
}

/** A pseudo-random number generator, so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test("finds the same records as csv-parse, however the text is cut", () => {
  const pick = random(7);
  const alphabet = ["a", "é", "1", " ", ",", '"', "\n", "\r\n", "x", "漢", "😀"];
  for (let round = 0; round < 400; round++) {
    const rows = Array.from({ length: 1 + pick(5) }, () =>
      Array.from({ length: 2 + pick(3) }, () =>
        Array.from({ length: pick(5) }, () => alphabet[pick(alphabet.length)]).join(""),
      ),
    );
    const newline = pick(2) === 0 ? "\n" : "\r\n";
    const text = rows.map((row) => row.map((field) => quoted(field, pick)).join(",")).join(newline);
    const whole = pick(2) === 0 ? text : text + newline;
    const expected = parse(whole, { relax_column_count: true, record_delimiter: ["\n", "\r\n"] });
    for (const size of [1, 2, 3, 7, 1_000]) {
      expect(scan(whole, {}, size).records, JSON.stringify({ whole, size })).toEqual(expected);
    }
  }
});

function quoted(field: string, pick: (below: number) => number): string {
  const must = /[",\r\n]/.test(field) || field.startsWith(" ") || field === "";
  return must || pick(3) === 0 ? `"${field.replaceAll('"', '""')}"` : field;
}

test("counts the lines of records with line breaks in quotes", () => {
  const { records, lines } = scan('a,b\n"1\n\n2",3\r\n\n4,"5\r\n6"\n7,8');
  expect(records).toEqual([
    ["a", "b"],
    ["1\n\n2", "3"],
    ["4", "5\r\n6"],
    ["7", "8"],
  ]);
  expect(lines).toEqual([1, 2, 6, 8]);
});

describe("mistakes in the quoting", () => {
  test.each([
    ["a stray quote", '1,2\n3,4"5\n6,7', 2, '3,4"5'],
    ["text behind a quote", '1,2\n3,"4"5\n6,7', 2, '3,"4"5'],
    ["a quote that is never closed", '1,2\n3,"4\n6,7', 2, '3,"4'],
    ["a quote that the next line closes", '1,2\n3,"4\n6,7\n8,"9"\n10,11', 2, '3,"4'],
  ])("cost only the line of %s", (_, text, line, raw) => {
    for (const size of [1, 4, 100]) {
      const { records, malformed } = scan(text, {}, size);
      expect(malformed).toEqual([{ line, reason: expect.any(String), raw }]);
      expect(records[0]).toEqual(["1", "2"]);
      expect(records[1]).toEqual(["6", "7"]);
    }
  });

  test("cost only one line where a quote is not closed within the longest record", () => {
    const rest = Array.from({ length: 500 }, (_, index) => `${index},x\n`).join("");
    const { records, malformed } = scan(`a,"b\n${rest}`, {}, 64);
    expect(malformed).toEqual([
      { line: 1, reason: 'a " opens a field that is not closed within 1000 characters', raw: 'a,"b' },
    ]);
    expect(records).toHaveLength(500);
  });

  test("are none where quotes are relaxed, or mean nothing", () => {
    expect(scan('1,a"b\n2,c', { relaxedQuotes: true })).toMatchObject({
      records: [
        ["1", 'a"b'],
        ["2", "c"],
      ],
      malformed: [],
    });
    expect(scan('1,"a\n2,b"', { quote: undefined }).records).toEqual([
      ["1", '"a'],
      ["2", 'b"'],
    ]);
  });
});

test("knows another character than the quote for escaping", () => {
  for (const size of [1, 2, 50]) {
    expect(scan('"a\\"b","c\\\\",d\\e\n', { escape: "\\" }, size).records).toEqual([['a"b', "c\\", "d\\e"]]);
  }
});

test("leaves out comments and empty lines, and still counts them", () => {
  const { records, lines } = scan('#,"a\n1,2\r\n\r\n#x\n\n3,4\n#', { comment: "#" }, 3);
  expect(records).toEqual([
    ["1", "2"],
    ["3", "4"],
  ]);
  expect(lines).toEqual([2, 6]);
});

test("takes markers for null, quoted or not", () => {
  expect(scan('NA,"",x,"NA",NAN', { nulls: ["", "NA"] }).records).toEqual([[null, null, "x", null, "NAN"]]);
});

test("reads files whose lines end with a carriage return alone", () => {
  const { records, lines } = scan('a,b\r1,"2\r3"\r4,5', { carriageReturns: true }, 2);
  expect(records).toEqual([
    ["a", "b"],
    ["1", "2\r3"],
    ["4", "5"],
  ]);
  expect(lines).toEqual([1, 2, 4]);
});
