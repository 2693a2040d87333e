import { STATUS_CODES } from "node:http";
import { MillraceError } from "@millrace/core";
import { headerOf, type WholeAnswer } from "./whole-answer.ts";

/** Characters of an answer that are told in an error. */
const SNIPPET = 200;

/** Why an answer's status is a failure. `shown` is the text of the answer with secrets masked. */
export function statusFailure(
  answer: WholeAnswer,
  where: string,
  mask: (text: string) => string,
): MillraceError {
  const { status } = answer;
  const reason = STATUS_CODES[status];
  const said = mask(describeBody(answer));
  const message = `${where} answered ${status}${reason === undefined ? "" : ` ${reason}`}${said === "" ? "" : `: ${said}`}`;
  const details = { status };
  if (status === 401 || status === 403 || status === 407) {
    return new MillraceError("MLR_SOURCE_DENIED", message, {
      hint: "Check the credentials in `auth`, and what they are allowed to read.",
      details,
    });
  }
  if (status === 404 || status === 410) {
    return new MillraceError("MLR_SOURCE_NOT_FOUND", message, {
      hint: 'Check the address. Where it may be missing, say `responses: [{ status: 404, action: "ignore" }]`.',
      details,
    });
  }
  const passing = status === 408 || status === 425 || status === 429 || status >= 500;
  return new MillraceError("MLR_SOURCE_FAILED", message, {
    hint: passing
      ? "The server has a problem or is overloaded; the run may be tried again and goes on where it stopped."
      : "Check the request: address, parameters and body. Another meaning of this status can be said with `responses`.",
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
