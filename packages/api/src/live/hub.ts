import type { Clock } from "@millrace/core";
import type { Entry, LiveData } from "./entry.ts";
import { Journal } from "./journal.ts";
import { type TopicKind, topicOf } from "./topic.ts";

/** Whoever follows topics. */
export interface Follower {
  offer(entry: Entry, topic: string): void;
}

/** Brings what is told to those who follow it. */
export class Hub {
  readonly journal: Journal;
  readonly #followers = new Map<string, Set<Follower>>();
  readonly #kinds = new Map<TopicKind, number>();

  constructor(clock: Clock) {
    this.journal = new Journal(clock);
  }

  /** Tells `data` to all who follow one of the topics; to one who follows several, by each. */
  publish(channel: string, topics: readonly string[], data: LiveData): void {
    const entry = this.journal.add(channel, topics, data);
    for (const topic of topics) {
      const followers = this.#followers.get(topic);
      if (followers !== undefined) for (const follower of followers) follower.offer(entry, topic);
    }
    entry.settle();
  }

  follow(topic: string, follower: Follower): void {
    const followers = this.#followers.get(topic) ?? new Set();
    if (followers.has(follower)) return;
    this.#followers.set(topic, followers.add(follower));
    this.#count(topic, 1);
  }

  leave(topic: string, follower: Follower): void {
    const followers = this.#followers.get(topic);
    if (followers?.delete(follower) !== true) return;
    this.#count(topic, -1);
    if (followers.size === 0) this.#followers.delete(topic);
  }

  /** Whether anybody follows a topic of one of these kinds. */
  follows(...kinds: readonly TopicKind[]): boolean {
    return kinds.some((kind) => (this.#kinds.get(kind) ?? 0) > 0);
  }

  #count(topic: string, change: number): void {
    const { kind } = topicOf(topic);
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + change);
  }

  /** Whether anybody follows it. */
  isFollowed(topic: string): boolean {
    return this.#followers.has(topic);
  }
}
