import type { SourceItem } from "../manage/sources/schemas.ts";
import type { EventPatch, LogPatch, Metrics, RunPatch } from "./messages.ts";

/** What one message tells. */
export type LiveData =
  | { readonly run: RunPatch }
  | { readonly event: EventPatch }
  | { readonly lines: readonly LogPatch[] }
  | { readonly gap: number }
  | { readonly metrics: Metrics }
  | { readonly sources: readonly SourceItem[] };

/** Something that is told to all who follow one of its topics. It is made into bytes once for all of them. */
export class Entry {
  /** Order of all entries. */
  readonly number: number;
  /** `number` as clients get it. */
  readonly id: string;
  readonly topics: readonly string[];
  readonly data: LiveData;
  /** When it came: ms that never jump. */
  readonly at: number;
  readonly #frames = new Map<string, Buffer>();
  #json: string | undefined;

  constructor(of: Pick<Entry, "number" | "id" | "topics" | "data" | "at">) {
    this.number = of.number;
    this.id = of.id;
    this.topics = of.topics;
    this.data = of.data;
    this.at = of.at;
  }

  /** The message to those who follow it by this topic. */
  frame(topic: string): Buffer {
    let frame = this.#frames.get(topic);
    if (frame === undefined) {
      this.#json ??= JSON.stringify(this.data);
      frame = Buffer.from(
        `{"type":"event","id":${JSON.stringify(this.id)},"topic":${JSON.stringify(topic)},"data":${this.#json}}`,
      );
      this.#frames.set(topic, frame);
    }
    return frame;
  }

  /** Its bytes are not needed by those who come back: they are made again. */
  settle(): void {
    this.#frames.clear();
    this.#json = undefined;
  }
}
