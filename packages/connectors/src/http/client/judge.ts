import { headerOf, type WholeAnswer } from "../../shared/request/whole-answer.ts";
import type { ResponseRule } from "./options.ts";

/** What is done with an answer. */
export type Verdict =
  "ok" | "unchanged" | "throttled" | "retry" | "unauthorized" | "fail" | ResponseRule["action"];

/** Decides by the rules that were configured, then by the status. */
export function judge(
  answer: WholeAnswer,
  rules: readonly ResponseRule[],
  retryStatuses: readonly number[],
): Verdict {
  const rule = rules.find((each) => applies(each, answer));
  if (rule !== undefined) return rule.action;
  const { status, headers } = answer;
  if (status === 304) return "unchanged";
  if (status >= 200 && status < 300) return "ok";
  const limited = headerOf(headers, "retry-after") !== undefined || isUsedUp(answer);
  if (status === 429 || ((status === 503 || status === 403) && limited)) return "throttled";
  if (status === 401) return "unauthorized";
  return retryStatuses.includes(status) ? "retry" : "fail";
}

function applies({ status, contains }: ResponseRule, answer: WholeAnswer): boolean {
  if (status !== undefined && !hasStatus(status, answer.status)) return false;
  return contains === undefined || answer.body.includes(contains);
}

function hasStatus(wanted: NonNullable<ResponseRule["status"]>, status: number): boolean {
  if (Array.isArray(wanted)) return wanted.includes(status);
  return typeof wanted === "number" ? wanted === status : Number(wanted[0]) === Math.floor(status / 100);
}

/** GitHub and others answer 403 when the limit is used up. */
function isUsedUp({ status, headers }: WholeAnswer): boolean {
  return status === 403 && headerOf(headers, "x-ratelimit-remaining") === "0";
}
