import { expect, test } from "vitest";
import { accepts } from "./licence-expression.ts";

const accepted = new Set(["MIT", "Apache-2.0", "LGPL-3.0-or-later"]);

test.each([
  ["MIT", true],
  ["GPL-3.0", false],
  ["(MIT OR GPL-3.0)", true],
  ["GPL-3.0 OR MIT", true],
  ["MIT AND GPL-3.0", false],
  ["Apache-2.0 AND LGPL-3.0-or-later AND MIT", true],
  ["(MIT OR GPL-3.0) AND (AGPL-3.0 OR Apache-2.0)", true],
  ["MIT AND (GPL-2.0 OR AGPL-3.0)", false],
  ["(MIT", false],
  ["MIT MIT", false],
  ["", false],
  ["SEE LICENSE IN LICENSE.txt", false],
])("%j can be used: %s", (expression, expected) => {
  expect(accepts(expression, accepted)).toBe(expected);
});
