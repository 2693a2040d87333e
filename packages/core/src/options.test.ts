import { expect, test } from "vitest";
import { z } from "zod";
import { parseOptions } from "./options.ts";

const schema = z.strictObject({
  source: z.string(),
  mode: z.enum(["append", "merge"]).default("append"),
  retry: z.strictObject({ attempts: z.number() }).optional(),
});

test.each([
  [{ source: "a", mode: "merge" }, undefined, undefined],
  [{ sorce: "a" }, 'x() has no option "sorce"', 'Did you mean "source"?'],
  [{ source: "a", retry: { atempts: 1 } }, 'x() has no option "retry.atempts"', 'Did you mean "attempts"?'],
  [{ source: "a", zzz: 1 }, 'x() has no option "zzz"', "Its options: source, mode, retry."],
  [{ source: "a", mode: "merg" }, 'x(): option "mode": there is no "merg"', 'Did you mean "merge"?'],
  [{ source: "a", mode: "zzz" }, 'x(): option "mode": there is no "zzz"', "Choose one of: append, merge."],
  [{ source: 5 }, 'x(): option "source": Invalid input: expected string, received number', undefined],
])("%j is taken, or refused with what is wrong and the nearest that is right", (input, message, hint) => {
  const parse = (): unknown => parseOptions(schema, input, "x()");
  if (message === undefined) expect(parse()).toEqual(input);
  else expect(parse).toThrowError(expect.objectContaining({ message, hint }));
});

test("an unknown option inside of a list or a record is named with where, and with the nearest one", () => {
  const nested = z.strictObject({ rules: z.array(z.strictObject({ throttle: z.string() })).default([]) });
  expect(() => parseOptions(nested, { rules: [{ throtle: "1 hour" }] }, "notify()")).toThrow(
    expect.objectContaining({
      message: 'notify() has no option "rules.0.throtle"',
      hint: 'Did you mean "throttle"?',
    }),
  );
});
