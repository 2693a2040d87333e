import { MillraceError, parseJsonExact } from "@millrace/core";
import { headerOf, type WholeAnswer } from "../../shared/request/whole-answer.ts";
import { describeBody } from "../../shared/request/status-failure.ts";

/** Reads the document of an answer, exactly. Fails with MLR_SOURCE_FORMAT, telling a page for people from a cut-off document. */
export function parseJsonAnswer(answer: WholeAnswer, where: () => string): unknown {
  const text = answer.body.toString("utf8");
  try {
    return parseJsonExact(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    throw noJson(answer, { text, where: where(), error });
  }
}

function noJson(
  answer: WholeAnswer,
  { text, where, error }: { text: string; where: string; error: unknown },
): MillraceError {
  const type = headerOf(answer.headers, "content-type") ?? "no content type";
  const details = { contentType: type, bytes: answer.body.length };
  const start = text.trimStart();
  if (start === "") {
    return new MillraceError("MLR_SOURCE_FORMAT", `${where} answered with nothing where JSON is due`, {
      hint: 'If that means that there are no rows, say `responses: [{ status: 204, action: "empty" }]` with its status.',
      details,
    });
  }
  if (start.startsWith("<")) {
    return new MillraceError(
      "MLR_SOURCE_FORMAT",
      `${where} answered with ${describeBody(answer)} where JSON is due (${type})`,
      {
        hint: 'Often this is a login or error page: check the address and the credentials. For XML say `format: "xml"`.',
        details,
      },
    );
  }
  if (isCutOff(error, text.length)) {
    return new MillraceError(
      "MLR_SOURCE_FORMAT",
      `${where}: the JSON is cut short after ${text.length} characters`,
      {
        hint: "The server, or something between, broke off. It was asked for again without success.",
        details,
        retry: "later",
        cause: error,
      },
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  return new MillraceError("MLR_SOURCE_FORMAT", `${where} is not JSON (${type}): ${message}`, {
    hint: 'Say what it is with `format`: "jsonl", "csv" or "xml".',
    details,
    cause: error,
  });
}

/** What V8 says where a document ends too early: that it ended, or a position behind its last character. */
function isCutOff(error: unknown, length: number): boolean {
  if (!(error instanceof SyntaxError)) return false;
  if (/end of JSON input|Unterminated string/i.test(error.message)) return true;
  const position = /position (\d+)/.exec(error.message)?.[1];
  return position !== undefined && Number(position) >= length;
}
