import { ERROR_CODES } from "@millrace/core";
import { expect } from "vitest";
import type { Answer, Ask, ContractBed, Route } from "./contract-bed.ts";

/** What no answer may tell: places in the code, statements, what the database said. */
const INSIDE =
  /node_modules|\bat .+\.ts:\d+|\n\s+at |\bSELECT\b.+\bFROM\b|syntax error|invalid input syntax|millrace_control\.(?!runs; --)/;

/** Fails where an answer is a failure of the server, or an error that does not look as all do. */
export function checkAnswer(bed: ContractBed, ask: Ask, { status, type, text }: Answer): void {
  const what = `${ask.method} ${ask.url.slice(0, 300)} ${JSON.stringify(ask.body)?.slice(0, 300)} answered ${status}: ${text.slice(0, 500)}`;
  const reason = bed.logged.map(({ fields }) => String((fields as { error?: unknown }).error)).join("\n");
  expect(status, `${what}\n${reason}`).toBeLessThan(500);
  if (status < 400) return;
  expect(type, what).toContain("application/json");
  const body = JSON.parse(text) as Record<string, unknown>;
  expect(Object.keys(body).toSorted(), what).toEqual(["code", "details", "hint", "message"]);
  expect(body, what).toEqual({
    code: expect.stringMatching(/^MLR_/),
    message: expect.stringMatching(/./),
    details: expect.any(Object),
    hint: body["hint"] === null ? null : expect.stringMatching(/./),
  });
  expect(Object.keys(ERROR_CODES), what).toContain(body["code"]);
  expect(text, what).not.toMatch(INSIDE);
}

/** Does it for every route, so that one failure names its route. */
export async function forEachRoute(bed: ContractBed, work: (route: Route) => Promise<void>): Promise<void> {
  const failed: string[] = [];
  for (const route of bed.routes) {
    try {
      await work(route);
    } catch (error) {
      failed.push(`${route.method} ${route.path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  expect(failed).toEqual([]);
}
