import { MillraceError } from "@millrace/core";

/** One line of a capture. Times are seconds since 1970. */
export type CaptureLine =
  /** A message that was received. */
  | { readonly kind: "received"; readonly at: number; readonly text: string }
  /** A message that was sent. */
  | { readonly kind: "sent"; readonly at: number; readonly url: string; readonly text: string }
  | { readonly kind: "connected"; readonly at: number; readonly url: string }
  /** What the REST interface answered. */
  | { readonly kind: "answer"; readonly at: number; readonly url: string; readonly text: string };

const RECEIVED = /^(\d+(?:\.\d+)?): ([\s\S]*)$/;
const SENT = /^(wss?:\S+) <- (\d+(?:\.\d+)?): ([\s\S]*)$/;
const CONNECTED = /^(wss?:\S+) <-> (\d+(?:\.\d+)?)\s*$/;
const ANSWER = /^(https?:\S+) -> (\d+(?:\.\d+)?): ([\s\S]*)$/;
/** What some recorders put behind the body. */
const HEADER = / header: \{.*$/;

/**
 * Reads a capture: `<seconds>: <message>` was received, `<url> <- <seconds>: <message>` sent, `<url> <-> <seconds>` connected,
 * `<url> -> <seconds>: <body>` answered by REST. Empty lines are skipped. Fails with MLR_SOURCE_FORMAT.
 */
export function readCapture(text: string): CaptureLine[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === "") return [];
    const read = readLine(line);
    if (read !== undefined) return [read];
    throw new MillraceError("MLR_SOURCE_FORMAT", `Line ${index + 1} of the capture is of no known form`, {
      hint: "The forms of lines are in docs/guides/exchanges.md.",
      details: { line: index + 1 },
    });
  });
}

function readLine(line: string): CaptureLine | undefined {
  const received = RECEIVED.exec(line);
  if (received !== null) return { kind: "received", at: Number(received[1]), text: received[2] ?? "" };
  const sent = SENT.exec(line);
  if (sent !== null) return { kind: "sent", url: sent[1] ?? "", at: Number(sent[2]), text: sent[3] ?? "" };
  const connected = CONNECTED.exec(line);
  if (connected !== null) return { kind: "connected", url: connected[1] ?? "", at: Number(connected[2]) };
  const answer = ANSWER.exec(line);
  if (answer === null) return undefined;
  const body = (answer[3] ?? "").replace(HEADER, "");
  return { kind: "answer", url: answer[1] ?? "", at: Number(answer[2]), text: body };
}
