import { expect, test } from "vitest";
import { parseMqttAddress } from "./mqtt-reader.ts";
import { topicMatches } from "./topics.ts";

test.each([
  ["a/b", "a/b", true],
  ["a/+", "a/b", true],
  ["a/+", "a/b/c", false],
  ["a/#", "a/b/c", true],
  ["a/#", "a", true],
  ["+/b", "/b", true],
  ["#", "$SYS/x", false],
  ["$SYS/#", "$SYS/x", true],
  ["a/b", "a", false],
])("%s means %s: %s", (filter, topic, expected) => {
  expect(topicMatches(filter, topic)).toBe(expected);
});

test("addresses are topics, topics with a path, or metrics", () => {
  expect(parseMqttAddress("a/b")).toEqual({ topic: "a/b", path: undefined });
  expect(parseMqttAddress("a/+ $.x.y")).toEqual({ topic: "a/+", path: "$.x.y" });
  expect(parseMqttAddress("sparkplug:G/N/D/Motor/Speed")).toEqual({
    topic: "spBv1.0/G/+/N/D",
    metric: "Motor/Speed",
  });
  expect(() => parseMqttAddress("a/# b $.")).toThrow(/no MQTT address/);
});
