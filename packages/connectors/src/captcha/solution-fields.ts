import type { CaptchaTask } from "./captcha-task.ts";

/** What a service has found, as it says it. */
export type Solution = Readonly<Record<string, unknown>>;

/** Fields of the page's form, by kind; the first is the answer. Empty where the solution has none of them. */
export function solutionFields(task: CaptchaTask, solution: Solution): Readonly<Record<string, string>> {
  const text = (name: string): string => {
    const value = solution[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  switch (task.kind) {
    case "image":
      return filled({ text: text("text") });
    case "recaptcha-v2":
    case "recaptcha-v3":
      return filled({ "g-recaptcha-response": text("gRecaptchaResponse") });
    case "hcaptcha": {
      const token = text("gRecaptchaResponse");
      return filled({ "h-captcha-response": token, "g-recaptcha-response": token });
    }
    case "turnstile":
      return filled({ "cf-turnstile-response": text("token") });
    case "funcaptcha":
      return filled({ "fc-token": text("token") });
    case "geetest":
      return task.version === 4
        ? filled({
            pass_token: text("pass_token"),
            captcha_id: text("captcha_id"),
            lot_number: text("lot_number"),
            gen_time: text("gen_time"),
            captcha_output: text("captcha_output"),
          })
        : filled({
            geetest_validate: text("validate"),
            geetest_challenge: text("challenge"),
            geetest_seccode: text("seccode"),
          });
  }
}

function filled(fields: Record<string, string>): Record<string, string> {
  return Object.values(fields).includes("") ? {} : fields;
}
