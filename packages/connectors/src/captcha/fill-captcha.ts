import type { CaptchaResult } from "./captcha-provider.ts";

/** What is needed of a page of a browser: Playwright's and Puppeteer's pages have it. */
export interface BrowserPage {
  evaluate(script: string): Promise<unknown>;
}

/**
 * Puts an answer into the fields of a page in a browser, makes those that are missing in its form, and calls the function that
 * the page has named with `data-callback`. Gives the number of fields that were filled.
 */
export async function fillCaptcha(page: BrowserPage, { fields, answer }: CaptchaResult): Promise<number> {
  const filled = await page.evaluate(`(${SCRIPT})(${safe(fields)}, ${safe(answer)})`);
  return Number(filled);
}

/** Runs in the page, which has its own types. */
const SCRIPT = `(fields, answer) => {
  let filled = 0;
  const box = document.querySelector("[data-callback]");
  for (const [name, value] of Object.entries(fields)) {
    let inputs = [...document.querySelectorAll('[name="' + CSS.escape(name) + '"]')];
    if (inputs.length === 0) {
      const form = box?.closest("form") ?? document.forms[0];
      if (form === undefined || form === null) continue;
      const input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      form.append(input);
      inputs = [input];
    }
    for (const input of inputs) {
      input.value = value;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new Event("change", { bubbles: true }));
      filled++;
    }
  }
  const callback = box?.getAttribute("data-callback")?.split(".").reduce((at, key) => at?.[key], window);
  if (typeof callback === "function") callback(answer);
  return filled;
}`;

/** JSON is JavaScript, except where it stands inside of a script tag. */
function safe(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
