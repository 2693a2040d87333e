/** Not a connector: has captchas solved by a service, for connectors and the code of pipelines. */

export type { CaptchaProvider, CaptchaResult } from "./captcha-provider.ts";
export {
  captchaSolver,
  type CaptchaCounts,
  type CaptchaSolver,
  type CaptchaSolverOptions,
  type SolvedCaptcha,
} from "./captcha-solver.ts";
export type {
  CaptchaKind,
  CaptchaProxy,
  CaptchaTask,
  FuncaptchaTask,
  GeetestTask,
  HcaptchaTask,
  ImageTask,
  RecaptchaV2Task,
  RecaptchaV3Task,
  TurnstileTask,
} from "./captcha-task.ts";
export { detectCaptcha } from "./detect-captcha.ts";
export { fillCaptcha, type BrowserPage } from "./fill-captcha.ts";
export { antiCaptcha, type CaptchaServiceOptions } from "./task-protocol.ts";
