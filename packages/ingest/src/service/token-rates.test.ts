import { manualClock } from "@millrace/core/testing";
import { expect, it } from "vitest";
import { TokenRates } from "./token-rates.ts";

it("lets a token send its rows per second, with a burst, and no other pays for it", async () => {
  const clock = manualClock();
  const rates = new TokenRates(100, clock);
  rates.spend("a", 900);
  rates.spend("a", 600);
  expect(() => rates.spend("a", 1)).toThrow(
    expect.objectContaining({ code: "MLR_PUSH_BUSY", details: { retryAfterSeconds: 6 } }),
  );
  rates.spend("b", 1);
  await clock.advance(5_100);
  rates.spend("a", 1);
});

it("counts nothing where there is no limit", () => {
  const rates = new TokenRates(0, manualClock());
  for (let n = 0; n < 10; n++) rates.spend("a", 1e9);
});
