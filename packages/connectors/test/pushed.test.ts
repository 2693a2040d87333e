import { describePushed, notNull, pattern, pipeline, checkRow, revivePushed, secret } from "@millrace/core";
import { expect, test } from "vitest";
import { z } from "zod";

import { postgres } from "../src/postgres/index.ts";
import { pushed } from "../src/pushed/index.ts";

test("is plain data from which the same pipeline is made again", () => {
  const made = pipeline("prices", {
    group: "shop",
    source: pushed({ columns: { price: "numeric(12,2)" } }),
    destination: postgres({ url: "postgresql://u@h/db", password: secret("pg") }).table("sales.prices", {
      key: ["sku"],
    }),
    quality: [notNull("price", { severity: "quarantine" }), pattern("sku", /^[a-z]+$/i)],
  });
  const data = JSON.parse(JSON.stringify(describePushed(made))) as NonNullable<
    ReturnType<typeof describePushed>
  >;
  expect(data).toMatchObject({
    name: "prices",
    stream: "prices",
    columns: [{ name: "price", type: { kind: "numeric", precision: 12, scale: 2 } }],
    target: { kind: "postgres", options: { url: "postgresql://u@h/db", password: { $secret: "pg" } } },
    table: { name: "prices", namespace: "sales", key: ["sku"] },
  });
  const again = revivePushed(data, {
    source: made.source as never,
    target: (kind, options) => {
      expect(kind).toBe("postgres");
      return postgres(options as never);
    },
    commit: {},
    retry: {},
  });
  expect(describePushed(again)).toEqual(describePushed(made));
});

test("takes types from a zod object", () => {
  const { pushed: told } = pushed({ schema: z.object({ id: z.int(), seen: z.iso.datetime().optional() }) });
  expect(told?.columns).toMatchObject([
    { name: "id", type: { kind: "bigint" }, nullable: false },
    { name: "seen", type: { kind: "timestamptz" } },
  ]);
});

test("refuses what is code, and passwords in plain text", () => {
  const table = postgres().table("prices", { key: ["sku"] });
  const refusal = (more: object): unknown => {
    try {
      pipeline("prices", { source: pushed(), destination: table, ...more });
      return undefined;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(refusal({})).toBeUndefined();
  expect(refusal({ transforms: [(row: object) => row] })).toBe("MLR_PIPELINE_INVALID");
  expect(refusal({ quality: [checkRow("odd", () => true)] })).toBe("MLR_PIPELINE_INVALID");
  const open = postgres({ url: "postgresql://u:hunter2@h/db" }).table("prices");
  expect(refusal({ destination: open })).toBe("MLR_PIPELINE_INVALID");
});

test("tells who runs it where rows come in", async () => {
  const reading = pushed()
    .read({} as never)
    [Symbol.asyncIterator]();
  await expect(reading.next()).rejects.toMatchObject({ code: "MLR_SOURCE_PUSHED" });
});
