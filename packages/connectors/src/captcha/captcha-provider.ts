import type { CaptchaKind, CaptchaTask } from "./captcha-task.ts";

/** What a service has found. */
export interface CaptchaResult {
  /** The text or the token. Of GeeTest: `validate`, or `pass_token`. */
  readonly answer: string;
  /** Fields of the form that the page sends, with the answer in them. */
  readonly fields: Readonly<Record<string, string>>;
  /** The browser that the answer holds for, where the service says so. */
  readonly userAgent: string | undefined;
  /** What it cost, in US dollars. */
  readonly cost: number;
}

/** A service that solves captchas. Another one is an object with these functions. */
export interface CaptchaProvider {
  readonly name: string;
  /** Hands a task in; gives its id. */
  create(task: CaptchaTask, signal?: AbortSignal): Promise<string>;
  /** The result; undefined while it is being worked on. */
  result(id: string, task: CaptchaTask, signal?: AbortSignal): Promise<CaptchaResult | undefined>;
  /** What is left to spend, in US dollars. */
  balance(signal?: AbortSignal): Promise<number>;
  /** Tells that an answer was refused, so that it is not paid for; false where the service takes no reports of that kind. */
  reportWrong(id: string, kind: CaptchaKind, signal?: AbortSignal): Promise<boolean>;
}
