import { notNull, pipeline, tableTarget, unique } from "@millrace/core";
import { memoryDestination } from "@millrace/core/testing";
import { expect, it } from "vitest";
import { describeDefinition } from "./describe-definition.ts";

const target = tableTarget({ kind: "memory", destination: async () => memoryDestination() });

it("tells kinds, tables by stream, and rules by table", () => {
  const shop = pipeline("shop", {
    source: { kind: "http", keyed: true, read: async function* () {} },
    transforms: [
      function clean(row) {
        return row;
      },
    ],
    destination: target.tables({
      orders: { key: ["id"], mode: "upsert", namespace: "sales" },
      lines: { name: "order_lines" },
    }),
    quality: { orders: [unique("id")], order_lines: [notNull("sku", { severity: "quarantine" })] },
  });
  expect(describeDefinition(shop)).toEqual({
    source: { kind: "http", endless: false, keyed: true },
    transforms: [{ kind: "map clean", holds: "nothing", makesStreams: false }],
    destination: { kind: "memory" },
    tables: [
      { table: "sales.orders", stream: "orders", mode: "upsert", key: ["id"] },
      { table: "order_lines", stream: "lines", mode: null, key: [] },
    ],
    quality: [
      { table: "orders", rule: "unique(id)", kind: "unique", severity: "warn" },
      { table: "order_lines", rule: "notNull(sku)", kind: "notNull", severity: "quarantine" },
    ],
  });
});

it("tells nothing of what options hold", () => {
  const secret = pipeline("secret", {
    source: Object.assign(
      { kind: "http", read: async function* () {} },
      { token: "s3cret", url: "https://u:s3cret@host/" },
    ),
    destination: Object.assign(target.table("t"), { url: "postgres://u:s3cret@host/db" }),
  });
  expect(JSON.stringify(describeDefinition(secret))).not.toContain("s3cret");
});
