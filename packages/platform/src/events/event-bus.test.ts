import { expect, it } from "vitest";
import { EventBus } from "./event-bus.ts";
import type { PlatformEvent } from "./platform-event.ts";

const enabled: PlatformEvent = { type: "pipeline.enabled", at: "2026-01-01T00:00:00Z", data: { by: "ana" } };
const queued: PlatformEvent = { type: "run.queued", at: "2026-01-01T00:00:00Z", data: { trigger: "manual" } };

it("calls the handlers of a type and those of all, until they are taken off", () => {
  const bus = new EventBus();
  const heard: string[] = [];
  const off = bus.on("pipeline.enabled", ({ data }) => void heard.push(`by ${data.by ?? ""}`));
  bus.on("*", ({ type }) => void heard.push(type));
  bus.emit(enabled);
  bus.emit(queued);
  off();
  bus.emit(enabled);
  expect(heard).toEqual(["by ana", "pipeline.enabled", "run.queued", "pipeline.enabled"]);
});

it("goes on when a handler throws or rejects, and tells of it", async () => {
  const errors: unknown[] = [];
  const bus = new EventBus((error) => errors.push(error));
  const heard: string[] = [];
  bus.on("*", () => {
    throw new Error("thrown");
  });
  bus.on("*", () => Promise.reject(new Error("rejected")));
  bus.on("*", ({ type }) => void heard.push(type));
  bus.emit(queued);
  expect(heard).toEqual(["run.queued"]);
  await expect.poll(() => errors.map(String)).toEqual(["Error: thrown", "Error: rejected"]);
});
