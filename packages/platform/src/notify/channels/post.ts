import { postponed, quoted, refused } from "./failures.ts";
import type { SendContext } from "../channel.ts";

/** Most that is read of an answer, in bytes. */
const ANSWER_BYTES = 65_536;

/** A request to a service. */
export interface Post {
  /** The service's name, for errors. */
  readonly service: string;
  /** Never shown: it may hold a secret. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
  readonly timeoutMs: number;
  readonly context: Pick<SendContext, "signal" | "clock">;
}

/** What a service has answered. */
export interface PostAnswer {
  readonly status: number;
  /** At most 64 KiB of it. */
  readonly text: string;
  /** From the header `Retry-After`. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Posts JSON. Redirects are not followed. Fails with MLR_NOTIFY_FAILED where there is no answer within the time.
 * Whatever the status is, it is an answer.
 */
export async function post(request: Post): Promise<PostAnswer> {
  const { service, url, headers, body, timeoutMs, context } = request;
  const timeout = new AbortController();
  const settled = new AbortController();
  const stop = (): void => timeout.abort();
  context.signal.addEventListener("abort", stop, { once: true });
  void context.clock.sleep(timeoutMs, settled.signal).then(() => settled.signal.aborted || timeout.abort());
  try {
    if (context.signal.aborted) stop();
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": `millrace (node ${process.version})`,
        ...headers,
      },
      body,
      redirect: "manual",
      signal: timeout.signal,
    });
    const text = await beginning(response);
    return {
      status: response.status,
      text,
      retryAfterMs: retryAfter(response.headers.get("retry-after"), context),
    };
  } catch (error) {
    if (context.signal.aborted) throw postponed(`${service}: the delivery was interrupted`);
    if (timeout.signal.aborted)
      throw postponed(`${service} has not answered within ${timeoutMs / 1_000} s`, {
        hint: "It is tried again. Check the network, or raise timeoutMs.",
      });
    throw postponed(`${service} cannot be reached: ${reasonOf(error)}`, {
      hint: "It is tried again. Check the address, the network, and firewalls in between.",
      cause: error,
    });
  } finally {
    settled.abort();
    context.signal.removeEventListener("abort", stop);
  }
}

/** The failure that an answer stands for which is not a success: busy services may take the message later, others never. */
export function failureOf(service: string, answer: PostAnswer, hint?: string): Error {
  const { status, text, retryAfterMs } = answer;
  const facts = { status, retryAfterMs, ...(hint === undefined ? {} : { hint }) };
  const message = `${service} has answered ${status} ${quoted(text)}`;
  const later = status === 408 || status === 425 || status === 429 || status >= 500;
  return later ? postponed(message, facts) : refused(message, facts);
}

async function beginning(response: Response): Promise<string> {
  if (response.body === null) return "";
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body) {
    parts.push(part);
    length += part.byteLength;
    if (length >= ANSWER_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, ANSWER_BYTES).toString("utf8");
}

/** `120`, or a date. */
function retryAfter(value: string | null, { clock }: Pick<SendContext, "clock">): number | undefined {
  if (value === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(value.trim())) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at - clock.now();
}

/** `fetch` hides what happened in causes. */
function reasonOf(error: unknown): string {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  if (!(reason instanceof Error)) return String(reason);
  if (reason instanceof AggregateError && reason.errors[0] instanceof Error) return reason.errors[0].message;
  return reason.message;
}
