import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiServer, type ApiServer } from "../../test/http/api-server.ts";
import { captchaService, type CaptchaService } from "../../test/captcha/captcha-service.ts";
import { hurriedClock } from "../../test/http/read.ts";
import { antiCaptcha, captchaSolver, detectCaptcha, fillCaptcha } from "./index.ts";

const CHROMIUM = "/usr/bin/chromium";
const missing = !existsSync(CHROMIUM);
if (missing) process.stderr.write("Captchas are not tried in a browser: chromium is not installed.\n");
const SITE_KEY = "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI";

/** As pages are: a box in a form, and a function that sends it when the captcha is solved. */
const PAGE = `<!doctype html>
<form method="post" action="/passed">
  <input name="q" value="tea">
  <div class="g-recaptcha" data-sitekey="${SITE_KEY}" data-callback="shop.solved"></div>
</form>
<script>window.shop = { solved: (token) => { document.title = token; document.forms[0].submit(); } };</script>`;

describe.skipIf(missing)(missing ? `in a browser (skipped: no ${CHROMIUM})` : "in a browser", () => {
  let browser: Browser;
  let site: ApiServer;
  let service: CaptchaService;
  beforeAll(async () => {
    service = await captchaService();
    site = await apiServer({
      "/": () => ({ body: PAGE, headers: { "content-type": "text/html" } }),
      "/passed": ({ body }) => {
        const right = service.redeem(new URLSearchParams(body).get("g-recaptcha-response") ?? "");
        return { body: right ? `rows for ${body}` : "refused" };
      },
    });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await site.close();
    await service.close();
  });

  it("a captcha is found, solved, filled in and sent by the page itself", { timeout: 60_000 }, async () => {
    const provider = antiCaptcha({ key: service.key, endpoint: service.url });
    const solver = captchaSolver({ provider, budget: 1 }, hurriedClock());
    const page = await browser.newPage();
    await page.goto(`${site.url}/`);
    const task = detectCaptcha(await page.content(), page.url());
    expect(task).toEqual({ kind: "recaptcha-v2", pageUrl: `${site.url}/`, siteKey: SITE_KEY });
    if (task === undefined) return;
    const solved = await solver.solve(task);
    const passed = page.waitForURL("**/passed");
    expect(await fillCaptcha(page, solved)).toBe(1);
    await passed;
    expect(await page.textContent("body")).toBe(`rows for q=tea&g-recaptcha-response=${solved.answer}`);
    await page.close();
  });
});
