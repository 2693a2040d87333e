import { expect, it } from "vitest";
import { compileValues, interpretValues } from "./compile-values.ts";
import { CopyBuffer } from "./copy-buffer.ts";
import { SCALAR_WRITERS } from "./write-scalar.ts";

const WRITERS = [SCALAR_WRITERS.integer.write, SCALAR_WRITERS.text.write, SCALAR_WRITERS.boolean.write];
const ROWS = [[7, "Zürich 香港", true], [null, undefined, null], [-1, "", false], []];

it("writes the same bytes as the loop for which no code is generated", () => {
  const [compiled, looped] = [compileValues(WRITERS), interpretValues(WRITERS)].map((write) => {
    const out = new CopyBuffer(64);
    for (const values of ROWS) {
      out.reserve(0);
      write(out, values);
    }
    return Buffer.concat(out.flush()).toString("hex");
  });
  expect(compiled).toBe(looped);
  expect(compiled?.startsWith("0000000400000007")).toBe(true);
});
