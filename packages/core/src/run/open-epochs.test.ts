import { expect, test } from "vitest";
import { OpenEpochs } from "./open-epochs.ts";

const cut = (epochs: OpenEpochs, undefinedYet?: string) =>
  epochs.cut(
    (stream) => (stream === undefinedYet ? undefined : stream),
    (_stream, scope) => ({ ...scope }),
    (stream, since) => (stream === "kept" ? String(since) : undefined),
  );

test("an epoch that begins again discards the first one", () => {
  const epochs = new OpenEpochs("1", [], () => 0);
  epochs.begin("a");
  const committed = cut(epochs);
  epochs.committed();
  epochs.begin("a");
  const next = cut(epochs);
  expect(committed.begun.map(({ id }) => id)).toEqual(["1.1"]);
  expect(next.discarded).toEqual(["1.1"]);
  expect(next.begun.map(({ id }) => id)).toEqual(["1.2"]);
});

test("scopes are the same whatever the order of their columns", () => {
  const epochs = new OpenEpochs("1", [], () => 0);
  epochs.begin("a", { day: "2026-11-21", site: 1 });
  expect(epochs.has("a", { site: 1, day: "2026-11-21" })).toBe(true);
  epochs.complete("a", { site: 1, day: "2026-11-21" });
  expect(cut(epochs).completed[0]?.where).toEqual({ day: "2026-11-21", site: 1 });
});

test("completing what was not begun is refused", () => {
  const epochs = new OpenEpochs("1", [], () => 0);
  expect(() => epochs.complete("a")).toThrowError(expect.objectContaining({ code: "MLR_SOURCE_PROTOCOL" }));
});

test("an epoch recovered from an interrupted run goes on with its taints", () => {
  const epochs = new OpenEpochs("2", [{ id: "1.1", stream: "a", taints: ["rows were rejected"] }], () => 0);
  const epoch = epochs.complete("a");
  expect([epoch.id, [...epoch.taints]]).toEqual(["1.1", ["rows were rejected"]]);
});

test("a taint is told to the next commit once", () => {
  const epochs = new OpenEpochs("1", [], () => 0);
  epochs.begin("a");
  epochs.begin("b");
  epochs.taint("limited", "a");
  expect([...cut(epochs).taints]).toEqual([["1.1", ["limited"]]]);
  epochs.committed();
  epochs.taint("limited", "a");
  expect(cut(epochs).taints.size).toBe(0);
});

test("an epoch whose table comes after a commit is told of with the next one", () => {
  const epochs = new OpenEpochs("1", [], () => 0);
  epochs.begin("a");
  expect(cut(epochs, "a").begun).toEqual([]);
  epochs.committed();
  expect(cut(epochs).begun.map(({ id }) => id)).toEqual(["1.1"]);
  epochs.committed();
  expect(cut(epochs).begun).toEqual([]);
});

test("a reading that is a snapshot says which, by the time it began", () => {
  let now = 5;
  const epochs = new OpenEpochs("1", [{ id: "0.1", stream: "other", taints: [] }], () => now);
  epochs.begin("kept");
  now = 9;
  epochs.complete("kept");
  epochs.complete("other");
  expect(cut(epochs).completed.map(({ snapshot }) => snapshot)).toEqual(["5", undefined]);
});
