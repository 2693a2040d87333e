import type { MillraceError } from "@millrace/core";
import { afterEach, describe, expect, test } from "vitest";
import { answer, order, ordersAnswer } from "../../test/soap/envelope.ts";
import { readAll } from "../../test/soap/read.ts";
import {
  ORDERS_WSDL,
  ordersServer,
  plainServer,
  type Received,
  type SoapServer,
} from "../../test/soap/server.ts";
import { soap, soapCall, type SoapCallOptions, type SoapOptions } from "./index.ts";

let server: SoapServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** A server that answers with these bodies, one after another, the last one again and again. */
async function answering(
  ...bodies: readonly (string | ((received: Received) => string))[]
): Promise<SoapServer> {
  let count = 0;
  server = await plainServer((received, response) => {
    const body = bodies[Math.min(count++, bodies.length - 1)] ?? "";
    answer(response, typeof body === "string" ? body : body(received));
  });
  return server;
}

function options(more: Partial<SoapOptions> = {}): SoapOptions {
  return { wsdl: ORDERS_WSDL, endpoint: `${server?.url ?? ""}/orders`, operation: "GetOrders", ...more };
}

function call(more: Partial<SoapCallOptions> = {}): Promise<unknown> {
  return soapCall({
    wsdl: ORDERS_WSDL,
    endpoint: `${server?.url ?? ""}/orders`,
    operation: "GetOrders",
    ...more,
  });
}

const FULL = `<o:Order status="open">
  <o:Id>9007199254740993</o:Id><o:Big>123456789012345678901234567890</o:Big><o:Total>+0012.3400000000000000001</o:Total>
  <o:Paid>1</o:Paid><o:Placed>2026-11-01T08:00:00.1234567+02:00</o:Placed><o:Due>2026-11-30+01:00</o:Due><o:At>23:30:00-01:00</o:At>
  <o:Weight>INF</o:Weight><o:Scan>AAEC
  /w==</o:Scan>
  <o:Line><o:Article>a &lt; <![CDATA[<b>]]></o:Article><o:Price xmlns:m="urn:money" currency="EUR">1.10</o:Price>
    <o:Part><o:Article/><o:Price currency="CZK">2</o:Price></o:Part></o:Line>
  <o:Note>  kept  </o:Note><o:Tags>1 2
  3</o:Tags></o:Order>`;

describe("a call", () => {
  test("gives values of the types that the schemas declare, exact", async () => {
    await answering(ordersAnswer(FULL, "<More>false</More>"));
    expect(await call()).toEqual({
      GetOrdersResult: {
        Order: [
          {
            status: "open",
            Id: 9007199254740993n,
            Big: 123456789012345678901234567890n,
            Total: "12.3400000000000000001",
            Paid: true,
            Placed: "2026-11-01T08:00:00.1234567+02:00",
            Due: "2026-11-30",
            At: "00:30:00",
            Weight: Infinity,
            Scan: Uint8Array.of(0, 1, 2, 255),
            Line: [
              {
                Article: "a < <b>",
                Price: { currency: "EUR", text: "1.1" },
                Part: [{ Article: "", Price: { currency: "CZK", text: "2" }, Part: [] }],
              },
            ],
            Note: "  kept  ",
            Tags: [1, 2, 3],
          },
        ],
      },
      More: false,
    });
  });

  test("gives null for nil, and arrays for elements that may repeat, also for one and for none", async () => {
    await answering(ordersAnswer(order(1)), ordersAnswer(""));
    expect(await call()).toMatchObject({ GetOrdersResult: { Order: [{ Id: 1, Due: null, Line: [] }] } });
    expect(await call()).toEqual({ GetOrdersResult: { Order: [] } });
  });

  test("is understood by a real server, and understands it", async () => {
    const inputs: unknown[] = [];
    server = await ordersServer({
      GetOrders: (input) => {
        inputs.push(input);
        return { GetOrdersResult: { Order: [{ Id: "7", Total: "1.50", Paid: "0" }] }, NextToken: "<&>" };
      },
      Convert: (input) => {
        inputs.push(input);
        return { Amount: { attributes: { currency: "CZK" }, $value: "25.0" } };
      },
    });
    expect(await call({ input: { Customer: "Ž & <x>", Page: 2, Since: new Date(0), Token: null } })).toEqual({
      GetOrdersResult: { Order: [{ Id: 7, Total: "1.5", Paid: false, Line: [] }] },
      NextToken: "<&>",
    });
    const converted = await call({
      operation: "Convert",
      input: { To: "CZK", Amount: { text: "1.10", currency: "EUR" } },
    });
    expect(converted).toEqual({ Amount: { currency: "CZK", text: "25" } });
    expect(inputs).toEqual([
      { Customer: "Ž & <x>", Since: new Date(0), Page: 2 },
      { Amount: { attributes: { currency: "EUR" }, $value: 1.1 }, To: "CZK" },
    ]);
    expect(server.received[0]?.body).toContain('<n0:Token xsi:nil="true"/>');
    expect(server.received[0]?.headers).toMatchObject({ soapaction: '"urn:orders#GetOrders"' });
  });

  test.each([
    [{ Custmer: "x" }, '"input.Custmer" is not known', 'Did you mean "Customer"?'],
    [{ Page: 1.5 }, '"input.Page" is no int: 1.5', undefined],
    [{ Page: 2 ** 60 }, '"input.Page" is no int', undefined],
    [{ Page: [1, 2] }, '"input.Page" is an array, but comes once at most', undefined],
    [{ Since: "yesterday" }, '"input.Since" is no dateTime: "yesterday"', undefined],
    [{ Customer: "a\u0000b" }, "U+0000, which XML cannot carry", undefined],
    [{ Customer: { a: 1 } }, '"input.Customer" is no string: an object', undefined],
  ])("refuses the input %j before anything is sent", async (input, message, hint) => {
    await answering(ordersAnswer(""));
    const error = await call({ input }).catch((caught: unknown) => caught as MillraceError);
    expect(error).toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
      message: expect.stringContaining(message) as string,
    });
    if (hint !== undefined) expect(error).toMatchObject({ hint });
    expect(server?.received).toEqual([]);
  });

  test("refuses input without what the service requires", async () => {
    await answering("");
    await expect(call({ operation: "Convert", input: { To: "CZK" } })).rejects.toThrow(
      '"input.Amount" is missing, but the service requires it',
    );
    expect(server?.received).toEqual([]);
  });

  test("can be aborted", async () => {
    server = await plainServer(() => undefined);
    const stop = new AbortController();
    const calling = call({ signal: stop.signal });
    calling.catch(() => undefined);
    while (server.received.length === 0) await new Promise(setImmediate);
    stop.abort();
    await expect(calling).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("rows", () => {
  test("are the only elements that repeat, with columns of the declared types", async () => {
    await answering(ordersAnswer(FULL + order(2)));
    const { rows, messages } = await readAll(options());
    expect(rows.map(({ Id }) => Id)).toEqual([9007199254740993n, 2]);
    expect(String(rows[0]?.["Total"])).toBe("12.3400000000000000001");
    expect(messages.map(({ type }) => type)).toEqual([
      "schema",
      "checkpoint",
      "begin",
      "rows",
      "checkpoint",
      "complete",
    ]);
    expect(messages[0]).toMatchObject({
      stream: {
        name: "GetOrders",
        columns: [
          { name: "status", type: { kind: "text" } },
          { name: "Id", type: { kind: "bigint" } },
          { name: "Big", type: { kind: "numeric" } },
          { name: "Total", type: { kind: "numeric" } },
          { name: "Paid", type: { kind: "boolean" } },
          { name: "Due", type: { kind: "date" } },
          { name: "At", type: { kind: "time" } },
          { name: "Weight", type: { kind: "double" } },
          { name: "Scan", type: { kind: "bytea" } },
          { name: "Line", type: { kind: "json" } },
          { name: "Note", type: { kind: "text" } },
          { name: "Tags", type: { kind: "json" } },
        ],
      },
    });
  });

  test.each([
    ["GetOrdersResult/Order/Line", 3],
    ["/o:GetOrdersResult/o:Order", 2],
    ["GetOrdersResult", 1],
    ["NextToken", 1],
  ])("are at the path %s", async (rows, count) => {
    const line = '<Line><Article>x</Article><Price currency="EUR">1</Price></Line>';
    await answering(ordersAnswer(order(1, line) + order(2, line + line), "<NextToken>t</NextToken>"));
    const reading = await readAll(options({ rows }));
    expect(reading.rows).toHaveLength(count);
    if (rows === "NextToken") expect(reading.rows).toEqual([{ value: "t" }]);
  });

  test.each(["GetOrdersResult/Ordr", "GetOrdersResponse", "GetOrdersResult/Order/Id/x"])(
    "cannot be at %s, which is told before anything is sent",
    async (rows) => {
      await answering("");
      await expect(readAll(options({ rows }))).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
      expect(server?.received).toEqual([]);
    },
  );

  test("with values that do not fit are rejected, the others are kept", async () => {
    await answering(ordersAnswer(order(1) + order(2).replace("1.5", "much") + order(3)));
    const { rows, rejected } = await readAll(options());
    expect(rows.map(({ Id }) => Id)).toEqual([1, 3]);
    expect(rejected).toMatchObject([
      {
        line: 2,
        code: "MLR_ROW_MALFORMED",
        message: 'row 2 of the answer: GetOrdersResult/Order/Total: "much" is no decimal',
      },
    ]);
  });

  test("are the operations where none is said", async () => {
    const { rows } = await readAll({ wsdl: ORDERS_WSDL });
    expect(rows).toMatchObject([
      {
        operation: "GetOrders",
        service: "Orders",
        version: "1.1",
        input: "{ Customer?: string, Since?: dateTime, Page?: int, Size?: int, Token?: string }",
        rows: ["GetOrdersResult/Order"],
        documentation: "The orders of a customer, oldest first.",
      },
      { operation: "Convert", rows: [] },
    ]);
  });

  test("of an answer without repeated elements are one: the answer", async () => {
    await answering(
      '<ConvertResponse xmlns="urn:orders"><Amount currency="CZK">25</Amount></ConvertResponse>',
    );
    const reading = await readAll(
      options({ operation: "Convert", input: { To: "CZK", Amount: { currency: "EUR", text: 1 } } }),
    );
    expect(reading.rows).toEqual([{ Amount: { currency: "CZK", text: 25 } }]);
  });
});

describe("pages", () => {
  /** Pages of two out of five orders, by number or by token. */
  const paged = (received: Received): string => {
    const page = Number(/<n0:(?:Page|Token)>(\d+)/.exec(received.body)?.[1] ?? 1);
    const ids = [1, 2, 3, 4, 5].slice((page - 1) * 2, page * 2);
    return ordersAnswer(
      ids.map((id) => order(id)).join(""),
      page < 3 ? `<NextToken>${page + 1}</NextToken>` : "",
    );
  };
  const ids = ({ rows }: { rows: readonly Record<string, unknown>[] }): unknown[] => rows.map(({ Id }) => Id);

  test.each([
    ["by number", { input: "Page" }, 4],
    ["by cursor", { input: "Token", output: "NextToken" }, 3],
  ])("follow one another %s", async (_name, paginate, requests) => {
    await answering(paged);
    const reading = await readAll(options({ paginate }));
    expect(ids(reading)).toEqual([1, 2, 3, 4, 5]);
    expect(server?.received).toHaveLength(requests);
    expect(reading.messages.at(-1)).toEqual({ type: "complete", stream: "GetOrders" });
  });

  test("go on behind the last checkpoint", async () => {
    await answering(paged);
    const paginate = { input: "Page" };
    const first = await readAll(options({ paginate }), { limit: 2 });
    expect(ids(first)).toEqual([1, 2]);
    const openEpochs = [{ id: "e", stream: "GetOrders", taints: [] }];
    const second = await readAll(options({ paginate }), { checkpoints: first.checkpoints, openEpochs });
    expect(ids(second)).toEqual([3, 4, 5]);
    expect(second.messages.map(({ type }) => type)).not.toContain("begin");
    // Another input is another reading.
    const other = await readAll(options({ paginate, input: { Customer: "x" } }), {
      checkpoints: first.checkpoints,
      openEpochs,
    });
    expect(ids(other)).toEqual([1, 2, 3, 4, 5]);
  });

  test("that never change end with a warning, and nothing is removed", async () => {
    await answering(ordersAnswer(order(1)));
    const reading = await readAll(options({ paginate: { input: "Page" } }));
    expect(ids(reading)).toEqual([1]);
    expect(reading.logs[0]).toContain('the service seems to ignore "Page"');
    expect(reading.messages.at(-1)).toMatchObject({ type: "complete", taints: [expect.any(String)] });
  });

  test("that lead in a circle end with a warning", async () => {
    let id = 0;
    await answering(() => ordersAnswer(order(++id), `<NextToken>${id % 2}</NextToken>`));
    const reading = await readAll(options({ paginate: { input: "Token", output: "NextToken" } }));
    expect(ids(reading)).toEqual([1, 2, 3]);
    expect(reading.logs[0]).toContain("leads back to a page that was read already");
  });

  test("end after maxPages", async () => {
    await answering(paged);
    const reading = await readAll(options({ paginate: { input: "Page" }, maxPages: 2 }));
    expect(ids(reading)).toEqual([1, 2, 3, 4]);
    expect(reading.messages.at(-1)).toMatchObject({ type: "complete", taints: [expect.any(String)] });
  });
});

test("a cursor asks for what is new, and leaves out what was passed on at that moment", async () => {
  const at = (id: number, placed: string): string => order(id).replace("2026-11-01T00:00:00Z", placed);
  await answering(
    ordersAnswer(
      at(1, "2026-11-01T10:00:00+02:00") + at(2, "2026-11-01T09:00:00Z") + at(3, "2026-11-01T09:00:00Z"),
    ),
    ordersAnswer(
      at(2, "2026-11-01T09:00:00Z") + at(3, "2026-11-01T09:00:00Z") + at(4, "2026-11-01T09:00:00Z"),
    ),
  );
  const cursor = { field: "Placed", input: "Since" };
  const first = await readAll(options({ cursor }), { idempotent: false });
  expect(first.messages.at(-1)).toMatchObject({ type: "complete" });
  expect(server?.received[0]?.body).not.toContain("Since");
  const second = await readAll(options({ cursor }), { idempotent: false, checkpoints: first.checkpoints });
  expect(server?.received[1]?.body).toContain(":Since>2026-11-01T09:00:00Z<");
  expect(second.rows.map(({ Id }) => Id)).toEqual([4]);
  expect(second.messages.map(({ type }) => type)).toEqual(["schema", "checkpoint", "rows", "checkpoint"]);
  const since = await readAll(options({ cursor }), { since: "2026-10-01T00:00:00Z" });
  expect(since.rows).toHaveLength(3);
  expect(server?.received[2]?.body).toContain(":Since>2026-10-01T00:00:00Z<");
});

test("the input can be made of what the run was given", async () => {
  await answering(ordersAnswer(""));
  await readAll(options({ input: ({ params }) => ({ Customer: params["who"] }) }), { params: { who: "me" } });
  expect(server?.received[0]?.body).toContain(":Customer>me<");
});

test("options that cannot be are refused without connecting", () => {
  expect(() => soap({ wsdl: "x.wsdl", opration: "y" } as never)).toThrow(
    expect.objectContaining({ code: "MLR_OPTION_UNKNOWN", hint: 'Did you mean "operation"?' }),
  );
  expect(() => soap({ wsdl: "x.wsdl", rows: "a//b" })).toThrow(
    expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }),
  );
  expect(() => soap({ wsdl: "x.wsdl", endpoint: "ftp://x" })).toThrow("must be an http(s) address");
});

test("an operation that does not exist is told with those that do", async () => {
  await answering("");
  await expect(call({ operation: "GetOrder" })).rejects.toMatchObject({
    code: "MLR_ARGUMENT_INVALID",
    hint: 'Did you mean "GetOrders"?',
  });
});
