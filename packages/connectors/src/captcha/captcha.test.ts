import { Script } from "node:vm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { redactor } from "@millrace/core";
import { apiServer } from "../../test/http/api-server.ts";
import { captchaService, type CaptchaService } from "../../test/captcha/captcha-service.ts";
import { hurriedClock } from "../../test/http/read.ts";
import { createClient } from "../shared/request/client.ts";
import {
  antiCaptcha,
  captchaSolver,
  detectCaptcha,
  fillCaptcha,
  type CaptchaProvider,
  type CaptchaSolver,
  type CaptchaSolverOptions,
  type CaptchaTask,
} from "./index.ts";

let service: CaptchaService;
let provider: CaptchaProvider;
let clock: ReturnType<typeof hurriedClock>;
beforeEach(async () => {
  service = await captchaService();
  clock = hurriedClock();
  provider = antiCaptcha({ key: service.key, endpoint: service.url, name: "the service" }, clock);
});
afterEach(() => service.close());

const solver = (options: Partial<CaptchaSolverOptions> = {}): CaptchaSolver =>
  captchaSolver({ provider, budget: 1, ...options }, clock);
const pageUrl = "https://shop.example/list";
const siteKey = "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI";
const proxy = { url: "socks5://ann:s3cret-pass@203.0.113.7:1080", userAgent: "Mozilla/5.0", cookies: "a=b" };
const hex = "022397c99c9f646f6477822485f30404";
const v2: CaptchaTask = { kind: "recaptcha-v2", pageUrl, siteKey };

const TASKS: readonly (readonly [task: CaptchaTask, type: string, field: string])[] = [
  [
    {
      kind: "image",
      image: Buffer.from("png"),
      phrase: true,
      caseSensitive: true,
      characters: "digits",
      math: false,
      minLength: 4,
      maxLength: 6,
      comment: "red letters",
    },
    "ImageToTextTask",
    "text",
  ],
  [{ ...v2, invisible: true, dataS: "s" }, "RecaptchaV2TaskProxyless", "g-recaptcha-response"],
  [{ ...v2, proxy }, "RecaptchaV2Task", "g-recaptcha-response"],
  [
    { ...v2, enterprise: true, invisible: true, payload: { s: "x" } },
    "RecaptchaV2EnterpriseTaskProxyless",
    "g-recaptcha-response",
  ],
  [
    { kind: "recaptcha-v3", pageUrl, siteKey, minScore: 0.7, action: "login", enterprise: true },
    "RecaptchaV3TaskProxyless",
    "g-recaptcha-response",
  ],
  [{ kind: "recaptcha-v3", pageUrl, siteKey }, "RecaptchaV3TaskProxyless", "g-recaptcha-response"],
  [{ kind: "hcaptcha", pageUrl, siteKey, invisible: true, proxy }, "HCaptchaTask", "h-captcha-response"],
  [
    { kind: "turnstile", pageUrl, siteKey, action: "a", data: "d" },
    "TurnstileTaskProxyless",
    "cf-turnstile-response",
  ],
  [
    {
      kind: "funcaptcha",
      pageUrl,
      publicKey: "69A21A01-CC7B-B9C6-0F9A-E7FA06677FFC",
      subdomain: "x.arkoselabs.com",
      data: "{}",
    },
    "FunCaptchaTaskProxyless",
    "fc-token",
  ],
  [
    { kind: "geetest", pageUrl, gt: hex, challenge: hex, version: 3, proxy },
    "GeeTestTask",
    "geetest_validate",
  ],
  [{ kind: "geetest", pageUrl, gt: hex, version: 4 }, "GeeTestTaskProxyless", "pass_token"],
];

it.each(TASKS)("a task is handed in as documented: %j", async (task, type, field) => {
  service.workFor = 2;
  const solved = await solver().solve(task);
  expect(service.tasks.map((each) => each.task.type)).toEqual([type]);
  expect(solved).toMatchObject({ answer: "token-of-7654321", cost: 0.002, attempts: 1 });
  expect(solved.fields[field]).toBe(solved.answer);
  expect(clock.slept).toEqual([3_000, 3_000, 3_000]);
  const report = task.kind === "image" || task.kind.startsWith("recaptcha") || task.kind === "hcaptcha";
  expect(await solved.reportWrong()).toBe(report);
  expect(await solved.reportWrong()).toBe(false);
  expect(service.tasks[0]?.reported).toBe(report);
});

describe("what goes wrong", () => {
  it.each([
    ["createTask", "ERROR_NO_SLOT_AVAILABLE"],
    ["getTaskResult", "ERROR_CAPTCHA_UNSOLVABLE"],
    ["getTaskResult", "ERROR_PROXY_CONNECT_TIMEOUT"],
  ])("%s with %s is tried again with another task", async (method, code) => {
    service.fail[method] = [[12, code]];
    const made = solver();
    expect((await made.solve(v2)).attempts).toBe(2);
    expect(made.counts).toMatchObject({ solved: 1, failed: 0, cost: 0.002 });
  });

  it("ends after some attempts, with what the service says", async () => {
    service.fail["getTaskResult"] = Array(5).fill([12, "ERROR_CAPTCHA_UNSOLVABLE"] as const);
    const made = solver({ attempts: 2 });
    await expect(made.solve(v2)).rejects.toMatchObject({
      code: "MLR_SOURCE_FAILED",
      message: "the service getTaskResult: ERROR_CAPTCHA_UNSOLVABLE",
      details: { service: "ERROR_CAPTCHA_UNSOLVABLE" },
    });
    expect(made.counts).toMatchObject({ tasks: 2, solved: 0, failed: 1 });
  });

  it("is final where the task is wrong, the key is unknown, or there is no money", async () => {
    service.fail["createTask"] = [[31, "ERROR_INVALID_SITEKEY"]];
    await expect(solver().solve(v2)).rejects.toMatchObject({ code: "MLR_SOURCE_FAILED", retry: "never" });
    service.balance = 0;
    await expect(solver().solve(v2)).rejects.toMatchObject({ code: "MLR_SOURCE_DENIED", retry: "never" });
    const stranger = antiCaptcha({ key: "f".repeat(32), endpoint: service.url }, clock);
    const failed = solver({ provider: stranger }).solve(v2);
    await expect(failed).rejects.toMatchObject({ code: "MLR_SOURCE_DENIED" });
    await expect(failed).rejects.not.toThrow(/ffffffff/);
    expect(redactor.text(`key ${"f".repeat(32)}`)).toBe("key ***");
  });

  it("takes too long: the captcha fails, and may be tried later", async () => {
    service.workFor = 1_000;
    await expect(solver({ maxTime: "1 minute" }).solve(v2)).rejects.toMatchObject({
      code: "MLR_SOURCE_LIMIT",
      retry: "later",
    });
    expect(service.tasks).toHaveLength(1);
    expect(clock.slept).toHaveLength(20);
  });

  it("is not a service of that protocol", async () => {
    const other = await apiServer({ "/createTask": () => ({ json: { ok: true } }) });
    const wrong = antiCaptcha({ key: service.key, endpoint: other.url }, clock);
    await expect(solver({ provider: wrong }).solve(v2)).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
    await other.close();
    expect(() => antiCaptcha({ key: "" })).toThrow(expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }));
    expect(() => captchaSolver({ provider } as never)).toThrow(/budget/);
  });

  it("a proxy that speaks TLS is refused before anything is paid for", async () => {
    const task: CaptchaTask = {
      kind: "turnstile",
      pageUrl,
      siteKey,
      proxy: { ...proxy, url: "https://p.example" },
    };
    await expect(solver().solve(task)).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
  });

  it("is ended by a signal", async () => {
    const reason = new Error("the run was stopped");
    await expect(solver().solve(v2, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe("money", () => {
  it("is counted, and ends at the budget for good", async () => {
    const made = solver({ budget: 0.005 });
    await made.solve(v2);
    await made.solve(v2);
    await expect(made.solve(v2)).rejects.toMatchObject({
      code: "MLR_SOURCE_LIMIT",
      retry: "never",
      message: expect.stringMatching(
        /used up: \$0\.004 of \$0\.005 at the service, for 2 captchas/,
      ) as string,
    });
    expect(made.counts).toMatchObject({ solved: 2, tasks: 2, cost: 0.004 });
    expect(await provider.balance()).toBeCloseTo(0.996);
  });

  it("is not overspent by captchas that are solved at the same time", async () => {
    const made = solver({ budget: 0.0065 });
    await made.solve(v2);
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => made.solve(v2)));
    expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    expect(made.counts.cost).toBeLessThanOrEqual(0.0065);
  });
});

describe("pages", () => {
  it.each<[string, Partial<CaptchaTask> | undefined]>([
    [
      `<div class="g-recaptcha" data-sitekey="${siteKey}" data-size='invisible'></div>`,
      { kind: "recaptcha-v2", siteKey, invisible: true },
    ],
    [
      `<script src="https://www.google.com/recaptcha/enterprise.js"></script><div data-sitekey=${siteKey} class="x g-recaptcha y">`,
      { kind: "recaptcha-v2", siteKey, enterprise: true },
    ],
    [
      `<script>grecaptcha.render("box", { 'sitekey': '${siteKey}' })</script>`,
      { kind: "recaptcha-v2", siteKey },
    ],
    [
      `<script src="https://www.google.com/recaptcha/api.js?hl=en&amp;render=${siteKey}"></script><script>grecaptcha.execute(key, {action: 'home/list'})</script>`,
      { kind: "recaptcha-v3", siteKey, action: "home/list" },
    ],
    [`<script src="https://www.google.com/recaptcha/api.js?render=explicit"></script>`, undefined],
    [
      `<div class="h-captcha" data-sitekey="10000000-ffff-ffff-ffff-000000000001"></div>`,
      { kind: "hcaptcha", siteKey: "10000000-ffff-ffff-ffff-000000000001" },
    ],
    [
      `<div class="cf-turnstile" data-sitekey="0x4AAAAAAA" data-action="login" data-cdata="c1"></div>`,
      { kind: "turnstile", siteKey: "0x4AAAAAAA", action: "login", data: "c1" },
    ],
    [
      `<script>turnstile.render('#box', { sitekey: '0x4BBBB' })</script>`,
      { kind: "turnstile", siteKey: "0x4BBBB" },
    ],
    [
      `<script src="https://client-api.arkoselabs.com/v2/69A21A01-CC7B-B9C6-0F9A-E7FA06677FFC/api.js"></script>`,
      {
        kind: "funcaptcha",
        publicKey: "69A21A01-CC7B-B9C6-0F9A-E7FA06677FFC",
        subdomain: "client-api.arkoselabs.com",
      },
    ],
    [
      `<div id="FunCaptcha" data-pkey="69A21A01-CC7B-B9C6-0F9A-E7FA06677FFC">`,
      { kind: "funcaptcha", publicKey: "69A21A01-CC7B-B9C6-0F9A-E7FA06677FFC" },
    ],
    [
      `<script>initGeetest({ gt: "${hex}", challenge: "${hex}ab", offline: false }, done)</script>`,
      { kind: "geetest", gt: hex, challenge: `${hex}ab`, version: 3 },
    ],
    [
      `<script>initGeetest4({ captchaId: '${hex}', product: 'bind' }, done)</script>`,
      { kind: "geetest", gt: hex, version: 4 },
    ],
    [
      `<p>we use hcaptcha and g-recaptcha somewhere</p><div class="g-recaptcha-badge" data-sitekey="x">`,
      undefined,
    ],
    ["", undefined],
  ])("%s", (html, expected) => {
    expect(detectCaptcha(`<html><body>${html}</body></html>`, pageUrl)).toEqual(
      expected === undefined ? undefined : { pageUrl, ...expected },
    );
  });

  it("are looked through in time that grows with their length alone", () => {
    const began = performance.now();
    for (const piece of [
      "<div class=",
      "initGeetest({",
      "turnstile.render(",
      "<a class='",
      "grecaptcha.render(",
    ])
      expect(detectCaptcha(piece.repeat(Math.floor(200_000 / piece.length)), pageUrl)).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it("are passed over HTTP: found, solved, sent; a refused answer is reported and solved anew", async () => {
    let refusals = 1;
    const site = await apiServer({
      "/list": ({ method, body }) => {
        const token = new URLSearchParams(body).get("g-recaptcha-response") ?? "";
        const right = method === "POST" && service.redeem(token) && refusals-- <= 0;
        return right
          ? { body: "rows" }
          : { status: 403, body: `<div class="g-recaptcha" data-sitekey="${siteKey}">` };
      },
    });
    const client = createClient();
    const made = solver();
    let page = await client.request(`${site.url}/list`, { expect: "any" });
    for (let tries = 0; tries < 3; tries++) {
      const task = detectCaptcha(page.body, page.url);
      if (task === undefined) break;
      const solved = await made.solve(task);
      page = await client.request(page.url, { form: solved.fields, expect: "any" });
      if (detectCaptcha(page.body, page.url) !== undefined) await solved.reportWrong();
    }
    expect(page.body).toBe("rows");
    expect(made.counts).toMatchObject({ solved: 2, wrong: 1, cost: 0.004 });
    expect(service.tasks.map(({ reported }) => reported)).toEqual([true, false]);
    await client.close();
    await site.close();
  });

  it("of a browser get the answer as a script that no answer can break out of", async () => {
    const scripts: string[] = [];
    const page = { evaluate: (script: string) => Promise.resolve(scripts.push(script) + 1) };
    const answer = `a"</script>\\`;
    const filled = await fillCaptcha(page, { answer, fields: { f: answer }, userAgent: undefined, cost: 0 });
    expect(filled).toBe(2);
    expect(scripts[0]).not.toMatch("</script>");
    // Compiled here, and run in a browser elsewhere.
    expect(new Script(scripts[0] ?? "(")).toBeInstanceOf(Script);
  });
});
