import { MillraceError } from "@millrace/core";
import { expect, it } from "vitest";
import { isControlAway } from "./control-away.ts";

const withCode = (code: string): Error => Object.assign(new Error("no"), { code });

it("knows a server that is away, whatever the error is wrapped in", () => {
  for (const code of ["ECONNREFUSED", "57P03", "57P01", "08006"]) {
    expect(isControlAway(withCode(code)), code).toBe(true);
    const wrapped = new MillraceError("MLR_CONTROL_UNAVAILABLE", "no", { cause: withCode(code) });
    expect(isControlAway(wrapped), code).toBe(true);
  }
  expect(isControlAway(new Error("Connection terminated unexpectedly"))).toBe(true);
  expect(isControlAway(new AggregateError([withCode("ECONNREFUSED")], ""))).toBe(true);
});

it("does not take a wrong password, a missing database or a fault for it", () => {
  for (const code of ["28P01", "3D000", "42501", "42P01"])
    expect(isControlAway(withCode(code)), code).toBe(false);
  expect(isControlAway(new MillraceError("MLR_CONTROL_VERSION", "newer"))).toBe(false);
  expect(isControlAway("ECONNREFUSED")).toBe(false);
});
