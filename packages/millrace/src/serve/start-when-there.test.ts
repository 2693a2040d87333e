import type { Clock } from "@millrace/core";
import { expect, it } from "vitest";
import { startWhenThere } from "./start-when-there.ts";

const away = (): Error => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

function bed() {
  let now = 0;
  const told: unknown[] = [];
  const ending = new AbortController();
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    sleep: (ms) => {
      now += ms;
      return Promise.resolve();
    },
  };
  const options = { clock, signal: ending.signal, onAway: (error: unknown) => void told.push(error) };
  return { options, told, ending, now: () => now };
}

it("starts once the database is there, and says once that it waits", async () => {
  const { options, told } = bed();
  let left = 5;
  const start = (): Promise<string> => (left-- > 0 ? Promise.reject(away()) : Promise.resolve("started"));
  expect(await startWhenThere(start, options)).toBe("started");
  expect(told).toHaveLength(1);
});

it("gives up after a minute", async () => {
  const { options, now } = bed();
  await expect(startWhenThere(() => Promise.reject(away()), options)).rejects.toThrow("ECONNREFUSED");
  expect(now()).toBeGreaterThan(50_000);
  expect(now()).toBeLessThanOrEqual(60_000);
});

it("fails at once for any other reason", async () => {
  const { options, told, now } = bed();
  const wrong = Object.assign(new Error("password"), { code: "28P01" });
  await expect(startWhenThere(() => Promise.reject(wrong), options)).rejects.toBe(wrong);
  expect([told.length, now()]).toEqual([0, 0]);
});

it("ends when it is told to", async () => {
  const { options, ending } = bed();
  const start = (): Promise<never> => {
    ending.abort();
    return Promise.reject(away());
  };
  expect(await startWhenThere(start, options)).toBeUndefined();
});
