/**
 * Reads PostgreSQL's text of an array, `{1,NULL,"a b"}`; arrays in arrays come out nested.
 * @param read makes a value of an element's text.
 */
export function parseArray(text: string, read: (text: string) => unknown): unknown[] {
  // Other lower bounds than 1 are told before the elements: [0:2]={1,2,3}.
  const start = text.indexOf("{");
  return readElements({ text, read, at: start + 1 }).values;
}

interface Reading {
  readonly text: string;
  readonly read: (text: string) => unknown;
  readonly at: number;
}

function readElements({ text, read, at: start }: Reading): { values: unknown[]; end: number } {
  const values: unknown[] = [];
  let at = start;
  while (at < text.length) {
    const character = text[at];
    if (character === "}") return { values, end: at + 1 };
    if (character === ",") at++;
    else if (character === "{") {
      const inner = readElements({ text, read, at: at + 1 });
      values.push(inner.values);
      at = inner.end;
    } else if (character === '"') {
      const quoted = readQuoted(text, at + 1);
      values.push(read(quoted.value));
      at = quoted.end;
    } else {
      const end = endOfPlain(text, at);
      const plain = text.slice(at, end);
      values.push(plain === "NULL" ? null : read(plain));
      at = end;
    }
  }
  return { values, end: at };
}

function readQuoted(text: string, start: number): { value: string; end: number } {
  let value = "";
  let from = start;
  for (let at = start; at < text.length; at++) {
    if (text[at] === "\\") {
      value += text.slice(from, at);
      from = ++at;
    } else if (text[at] === '"') return { value: value + text.slice(from, at), end: at + 1 };
  }
  return { value: value + text.slice(from), end: text.length };
}

function endOfPlain(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== "," && text[at] !== "}") at++;
  return at;
}
