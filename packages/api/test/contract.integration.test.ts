import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkAnswer, forEachRoute } from "./contract/check-answer.ts";
import { type ContractBed, openContractBed, type Route } from "./contract/contract-bed.ts";
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

/** Routes whose answers are no JSON, or which leave for elsewhere. */
const OTHERS: Readonly<Record<string, readonly number[]>> = {
  exportRows: [200],
  getDocumentPage: [200],
  // There is no such service here.
  beginOidcSignIn: [302, 400, 404],
  finishOidcSignIn: [302, 303, 400, 404],
};

/** What the requests before may have used up is made anew. */
async function prepare({ method, path }: Route): Promise<void> {
  if (/^\/(auth|users|tokens)/.test(path)) await bed.signIn();
  else if (method !== "GET" && path.includes("{")) seeds = await seed(bed.bed);
}

describe("every route", () => {
  test("answers a good request as the OpenAPI document says", { timeout: 300_000 }, async () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(bed.document, "api");
    await forEachRoute(bed, async (route) => {
      await prepare(route);
      const { url, body } = await goodRequest(bed, route, seeds);
      const answer = await bed.ask({ method: route.method, url, body });
      const { status, type, text } = answer;
      checkAnswer(bed, { method: route.method, url, body }, answer);
      const others = OTHERS[route.operationId];
      if (others !== undefined) return expect(others).toContain(status);
      expect(Object.keys(route.responses), text.slice(0, 500)).toContain(String(status));
      expect(status, text.slice(0, 500)).toBeLessThan(300);
      expect(type).toContain("application/json");
      const place = `/paths/${escaped(`/api/v1${route.path}`)}/${route.method.toLowerCase()}/responses/${status}/content/application~1json/schema`;
      const valid = ajv.validate({ $ref: `api#${place}` }, JSON.parse(text));
      expect(valid, `${ajv.errorsText()}\n${text.slice(0, 500)}`).toBe(true);
    });
  });

  test("leaves no failure of the server in the log", () => {
    expect(bed.logged).toEqual([]);
  });
});

function escaped(path: string): string {
  return encodeURI(path.replaceAll("~", "~0").replaceAll("/", "~1"));
}
