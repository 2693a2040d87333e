import { expect, test } from "vitest";
import { align, displayWidth, truncate } from "./width.ts";

test("East Asian characters and emoji take two cells, colours and combining marks none", () => {
  expect(displayWidth("abc")).toBe(3);
  expect(displayWidth("東京")).toBe(4);
  expect(displayWidth("👍🏽")).toBe(2);
  expect(displayWidth("e\u0301")).toBe(1);
  expect(displayWidth("\u001b[31mred\u001b[39m")).toBe(3);
});

test("text is cut between characters and never wider than asked for", () => {
  expect(truncate("abcdef", 6)).toBe("abcdef");
  expect(truncate("abcdefg", 6)).toBe("abcde…");
  expect(displayWidth(truncate("東京東京", 6))).toBeLessThanOrEqual(6);
});

test("text is filled up by its width on the screen, not its length", () => {
  expect(align("東", 4, "left")).toBe("東  ");
  expect(align("12", 4, "right")).toBe("  12");
});
