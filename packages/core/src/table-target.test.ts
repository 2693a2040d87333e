import { expect, test } from "vitest";
import { tableTarget } from "./table-target.ts";

const target = tableTarget({
  kind: "nowhere",
  destination: () => Promise.reject(new Error("not connected")),
});

test.each([
  ["orders", {}, { name: "orders" }],
  ["sales.orders", {}, { name: "orders", namespace: "sales" }],
  ["sales.orders", { namespace: "public" }, { name: "sales.orders", namespace: "public" }],
  ["a.b.c", {}, { name: "a.b.c" }],
  ["orders.", {}, { name: "orders." }],
])("table %j with %j is %j", (name, options, place) => {
  const { name: table, namespace } = target.table(name, options).tableFor("any") ?? {};
  expect({ name: table, ...(namespace === undefined ? {} : { namespace }) }).toEqual(place);
});

test("streams that are not named have no table, and options that do not exist are refused with where", () => {
  expect(target.tables({ people: { key: ["id"] } }).tableFor("pets")).toBeUndefined();
  expect(() => target.tables({ people: { keys: ["id"] } as never })).toThrow(
    'nowhere().tables(): stream "people" has no option "keys"',
  );
});
