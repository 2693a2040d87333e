import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { badRequests } from "./contract/bad-inputs.ts";
import { checkAnswer, forEachRoute } from "./contract/check-answer.ts";
import { type Ask, type ContractBed, openContractBed } from "./contract/contract-bed.ts";
import { goodRequest } from "./contract/good-requests.ts";
import { answerCommands, seed, type Seeds } from "./contract/seeds.ts";

let bed: ContractBed;
let seeds: Seeds;
const over = new AbortController();
let answering: Promise<void>;

beforeAll(async () => {
  bed = await openContractBed();
  await bed.signIn();
  seeds = await seed(bed.bed);
  answering = answerCommands(bed.bed.control.pool, over.signal);
});
afterAll(async () => {
  over.abort();
  await answering;
  await bed.close();
});

test("every route refuses what it does not take, and never fails", { timeout: 600_000 }, async () => {
  await forEachRoute(bed, async (route) => {
    await bed.signIn();
    const good = await goodRequest(bed, route, seeds);
    for (const ask of badRequests(route, good)) checkAnswer(bed, ask, await bed.ask(ask));
  });
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("no route ever fails for bodies and queries that nobody thought of", { timeout: 600_000 }, async () => {
  await forEachRoute(bed, async (route) => {
    await bed.signIn();
    const { url, body } = await goodRequest(bed, route, seeds);
    const [path = ""] = url.split("?");
    const names = (route.parameters ?? [])
      .filter(({ in: place }) => place === "query")
      .map(({ name }) => name);
    const fields = typeof body === "object" && body !== null ? Object.keys(body) : [];
    await fc.assert(
      fc.asyncProperty(queries(names), bodies(fields), async (query, given) => {
        const ask: Ask = {
          method: route.method,
          url: `${path}?${query}`,
          ...(route.method === "GET" ? {} : { body: given }),
        };
        checkAnswer(bed, ask, await bed.ask(ask));
      }),
      { numRuns: 8, seed: 20_261_122 },
    );
  });
});

test("the server has logged no failure of its own", () => {
  expect(bed.logged).toEqual([]);
});

/** A query of some of these parameters, with any texts. */
function queries(names: readonly string[]): fc.Arbitrary<string> {
  const name = names.length === 0 ? fc.string() : fc.oneof(fc.constantFrom(...names), fc.string());
  return fc
    .array(fc.tuple(name, fc.oneof(fc.string({ unit: "grapheme" }), fc.integer().map(String))), {
      maxLength: 4,
    })
    .map((pairs) => new URLSearchParams(pairs).toString());
}

/** An object with some of these fields, and with any others, of any values. */
function bodies(fields: readonly string[]): fc.Arbitrary<unknown> {
  const field = fields.length === 0 ? fc.string() : fc.oneof(fc.constantFrom(...fields), fc.string());
  return fc.oneof(
    { weight: 4, arbitrary: fc.dictionary(field, fc.jsonValue(), { maxKeys: 5 }) },
    { weight: 1, arbitrary: fc.array(fc.jsonValue(), { maxLength: 3 }) },
  );
}
