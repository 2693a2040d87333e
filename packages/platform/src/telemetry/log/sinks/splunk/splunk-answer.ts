import { MillraceError } from "@millrace/core";
import type { PostAnswer } from "../http-post.ts";

/** What the collector said. */
export interface SplunkAnswer {
  readonly code: number;
  readonly text: string;
  readonly ackId?: number;
}

/** Reads an answer; a proxy in between may send anything. */
export function splunkAnswer({ status, text }: PostAnswer): SplunkAnswer {
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said === "object" && said !== null) {
      const { code, text: words, ackId } = said as Partial<Record<keyof SplunkAnswer, unknown>>;
      return {
        code: typeof code === "number" ? code : status === 200 ? 0 : -1,
        text: typeof words === "string" ? words : text.slice(0, 200),
        ...(typeof ackId === "number" ? { ackId } : {}),
      };
    }
  } catch {
    // Not from the collector.
  }
  return { code: -1, text: text.slice(0, 200) };
}

/** Codes of the collector that mean: this event will never be taken. Others are of the token, the server or the network. */
const REFUSED = new Set([5, 6, 12, 13, 15]);

/** Whether an error of the sink means that the data is at fault. */
export function isRefusedCode(error: unknown): boolean {
  if (!(error instanceof MillraceError)) return false;
  const { splunkCode, status } = error.details;
  return status === 413 || (status === 400 && typeof splunkCode === "number" && REFUSED.has(splunkCode));
}

/** What to do about an answer; undefined where waiting is all. */
export function splunkHint(code: number, status: number): string | undefined {
  return HINTS[code] ?? (status === 401 || status === 403 ? HINTS[4] : undefined);
}

const HINTS: Readonly<Record<number, string>> = {
  1: "The token is switched off in Splunk: enable it under Settings, Data inputs, HTTP Event Collector.",
  2: "Give a token.",
  3: "Check the token.",
  4: "Check the token.",
  7: "The token may not write to this index: check the option index.",
  10: "The token has indexer acknowledgement switched on: set acknowledge: true.",
  14: "The token has indexer acknowledgement switched off: set acknowledge: false, or switch it on in Splunk.",
};
