import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLiveClient, type LiveSocket, type LiveState } from "./live-client.ts";

/** The other end of a connection, in the hand of a test. */
class Peer implements LiveSocket {
  onopen: (() => void) | null = null;
  onmessage: ((message: { readonly data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly heard: unknown[] = [];
  closed = false;

  send(text: string): void {
    this.heard.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
    this.onclose?.();
  }

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const peers: Peer[] = [];
const came: unknown[] = [];
const reset: string[] = [];
const states: LiveState[] = [];

function open() {
  return createLiveClient({
    connect: () => {
      const peer = new Peer();
      peers.push(peer);
      return peer;
    },
    onData: (topic, data) => came.push([topic, data]),
    onReset: (topic) => reset.push(topic),
    onState: (state) => states.push(state),
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  for (const list of [peers, came, reset, states]) list.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

test("connects with the first topic, subscribes once for several followers, and unsubscribes with the last", () => {
  const client = open();
  expect(peers).toHaveLength(0);
  const leave = client.follow("runs");
  const leaveToo = client.follow("runs");
  peers[0]?.onopen?.();
  expect(peers[0]?.heard).toEqual([{ type: "subscribe", topics: ["runs"] }]);
  leave();
  leave();
  expect(peers[0]?.heard).toHaveLength(1);
  leaveToo();
  expect(peers[0]?.heard[1]).toEqual({ type: "unsubscribe", topics: ["runs"] });
  client.close();
});

test("answers pings, hands data on, and ignores what is no message", () => {
  const client = open();
  client.follow("metrics");
  peers[0]?.onopen?.();
  peers[0]?.say({ type: "ping" });
  peers[0]?.say({ type: "event", id: "1", topic: "metrics", data: { metrics: {} } });
  peers[0]?.onmessage?.({ data: "{" });
  peers[0]?.say({ type: "reset", topic: "runs", id: "2" });
  expect(peers[0]?.heard).toContainEqual({ type: "pong" });
  expect(came).toEqual([["metrics", { metrics: {} }]]);
  expect(reset).toEqual(["runs"]);
  client.close();
});

test("comes back after a loss and resumes behind the last message, with longer and longer waits", () => {
  const client = open();
  client.follow("runs");
  peers[0]?.onopen?.();
  peers[0]?.say({ type: "event", id: "41", topic: "runs", data: {} });
  peers[0]?.onclose?.();
  expect(states.at(-1)).toBe("lost");
  vi.advanceTimersByTime(500);
  expect(peers).toHaveLength(2);
  peers[1]?.onclose?.();
  vi.advanceTimersByTime(400);
  expect(peers).toHaveLength(2);
  vi.advanceTimersByTime(600);
  expect(peers).toHaveLength(3);
  peers[2]?.onopen?.();
  expect(peers[2]?.heard).toEqual([{ type: "subscribe", topics: ["runs"], after: "41" }]);
  expect(states.at(-1)).toBe("open");
  client.close();
});

test("gives up a connection that is silent for too long", () => {
  const client = open();
  client.follow("runs");
  peers[0]?.onopen?.();
  vi.advanceTimersByTime(70_000);
  expect(peers[0]?.closed).toBe(false);
  vi.advanceTimersByTime(10_000);
  expect(peers[0]?.closed).toBe(true);
  client.close();
});

test("does not come back once it was closed", () => {
  const client = open();
  client.follow("runs");
  client.close();
  vi.advanceTimersByTime(60_000);
  expect(peers).toHaveLength(1);
  expect(states.at(-1)).toBe("idle");
});
