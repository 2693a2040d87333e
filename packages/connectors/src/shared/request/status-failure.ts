import { STATUS_CODES } from "node:http";
import { MillraceError } from "@millrace/core";
import { headerOf, type WholeAnswer } from "./whole-answer.ts";

/** Characters of an answer that are told in an error. */
const SNIPPET = 200;

/** What to do about a status, in the words of whoever asked. */
export interface StatusHints {
  /** 401, 403 and 407. */
  readonly denied: string;
  /** 404 and 410. */
  readonly missing: string;
  /** 5xx, 408, 425 and 429. */
  readonly passing: string;
  /** All else. */
  readonly other: string;
}

/** How a failure is told. */
export interface StatusWords {
  /** The request. */
  readonly where: string;
  /** Takes secrets out of what the server says. */
  readonly mask: (text: string) => string;
  readonly hints: StatusHints;
}

/** Why an answer's status is a failure. */
export function statusFailure(answer: WholeAnswer, { where, mask, hints }: StatusWords): MillraceError {
  const { status } = answer;
  const reason = STATUS_CODES[status];
  const said = mask(describeBody(answer));
  const message = `${where} answered ${status}${reason === undefined ? "" : ` ${reason}`}${said === "" ? "" : `: ${said}`}`;
  const details = { status };
  if (status === 401 || status === 403 || status === 407) {
    return new MillraceError("MLR_SOURCE_DENIED", message, { hint: hints.denied, details });
  }
  if (status === 404 || status === 410) {
    return new MillraceError("MLR_SOURCE_NOT_FOUND", message, { hint: hints.missing, details });
  }
  const passing = status === 408 || status === 425 || status === 429 || status >= 500;
  return new MillraceError("MLR_SOURCE_FAILED", message, {
    hint: passing ? hints.passing : hints.other,
    details,
    retry: passing ? "later" : "never",
  });
}

/** What an answer says of an error, in one line. */
export function describeBody({ body, headers }: Pick<WholeAnswer, "body" | "headers">): string {
  const text = body.subarray(0, 16_384).toString("utf8");
  const type = headerOf(headers, "content-type") ?? "";
  const said =
    /html/i.test(type) || /^\s*<(!doctype|html)/i.test(text) ? titleOf(text) : (errorOf(text) ?? text);
  const line = said.replaceAll(/[\s\u0000-\u001f\u007f]+/g, " ").trim();
  return line.length > SNIPPET ? `${line.slice(0, SNIPPET).toWellFormed()}…` : line;
}

function titleOf(html: string): string {
  const title = /<title[^>]*>([^<]*)</i.exec(html)?.[1]?.trim();
  return title === undefined || title === "" ? "an HTML page" : `an HTML page, "${title}"`;
}

/** The message in the usual forms of JSON errors. */
function errorOf(text: string): string | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  return messageIn(document, 0);
}

function messageIn(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || depth > 3) return undefined;
  if (Array.isArray(value)) return messageIn(value[0], depth + 1);
  const members = value as Record<string, unknown>;
  const { error, error_description: description, errors, message, detail, title } = members;
  const texts = [typeof error === "string" ? error : undefined, description, title, message, detail];
  const found = texts.filter((each) => typeof each === "string" && each !== "");
  if (found.length > 0) return [...new Set(found)].join(": ");
  return messageIn(error ?? errors, depth + 1);
}
