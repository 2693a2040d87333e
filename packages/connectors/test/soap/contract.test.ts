import { sourceContract } from "@millrace/core/testing";
import { soap } from "@millrace/connectors/soap";
import { describe, expect, it } from "vitest";
import { answer, order, ordersAnswer } from "./envelope.ts";
import { ORDERS_WSDL, plainServer } from "./server.ts";

const COUNT = 7_000;
const SIZE = 3_000;
const all = Array.from({ length: COUNT }, (_, id) => id);

sourceContract({
  describe,
  it,
  expect,
  name: "soap",
  expectedRows: {
    GetOrders: all.map((Id) => ({
      Id,
      Total: 1.5,
      Paid: true,
      Placed: "2026-11-01T00:00:00Z",
      Due: null,
      Line: [],
    })),
  },
  create: async () => {
    const server = await plainServer(({ body }, response) => {
      const first = Number(/<n0:Page>(\d+)</.exec(body)?.[1] ?? 0);
      answer(
        response,
        ordersAnswer(
          all
            .slice(first, first + SIZE)
            .map((id) => order(id))
            .join(""),
        ),
      );
    });
    return {
      source: soap({
        wsdl: ORDERS_WSDL,
        endpoint: server.url,
        operation: "GetOrders",
        paginate: { input: "Page", step: "rows" },
      }),
      close: () => server.close(),
    };
  },
});
