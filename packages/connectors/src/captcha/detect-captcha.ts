import type { CaptchaTask } from "./captcha-task.ts";
import { attribute, foundBehind, tagOfClass, tagsAround } from "./page-places.ts";

/** Characters of a page that are looked at. */
const SEARCHED = 2_000_000;
const SITE_KEY = /^[^)]*?sitekey["']?\s*:\s*["']([\w-]+)["']/;

type Finder = (page: string, pageUrl: string) => CaptchaTask | undefined;

/** The captcha that a page shows, as a task to be solved; undefined where it shows none that is known. */
export function detectCaptcha(html: string, pageUrl: string): CaptchaTask | undefined {
  const page = html.slice(0, SEARCHED);
  for (const find of FINDERS) {
    const task = find(page, pageUrl);
    if (task !== undefined) return task;
  }
  return undefined;
}

const FINDERS: readonly Finder[] = [turnstile, hcaptcha, funcaptcha, geetest, recaptchaV2, recaptchaV3];

function turnstile(page: string, pageUrl: string): CaptchaTask | undefined {
  const tag = tagOfClass(page, "cf-turnstile");
  const siteKey = attribute(tag, "data-sitekey") ?? foundBehind(page, "turnstile.render(", SITE_KEY);
  if (siteKey === undefined) return undefined;
  return {
    kind: "turnstile",
    pageUrl,
    siteKey,
    ...optional("action", attribute(tag, "data-action")),
    ...optional("data", attribute(tag, "data-cdata")),
  };
}

function hcaptcha(page: string, pageUrl: string): CaptchaTask | undefined {
  const tag = tagOfClass(page, "h-captcha");
  const siteKey = attribute(tag, "data-sitekey") ?? foundBehind(page, "hcaptcha.render(", SITE_KEY);
  if (siteKey === undefined) return undefined;
  const invisible = attribute(tag, "data-size") === "invisible";
  return { kind: "hcaptcha", pageUrl, siteKey, ...(invisible ? { invisible } : {}) };
}

const PUBLIC_KEY = /^[^"'<>\s]*?([\dA-F]{8}-[\dA-F]{4}-[\dA-F]{4}-[\dA-F]{4}-[\dA-F]{12})/i;

function funcaptcha(page: string, pageUrl: string): CaptchaTask | undefined {
  const [tag] = tagsAround(page, "data-pkey");
  const publicKey =
    attribute(tag, "data-pkey") ??
    foundBehind(page, "arkoselabs.com/", PUBLIC_KEY) ??
    foundBehind(page, "funcaptcha.com/", PUBLIC_KEY);
  if (publicKey === undefined) return undefined;
  const [script = ""] = tagsAround(page, ".arkoselabs.com/");
  const subdomain = /https?:\/\/([\w.-]{1,100}\.arkoselabs\.com)\//i.exec(script)?.[1];
  return { kind: "funcaptcha", pageUrl, publicKey, ...optional("subdomain", subdomain) };
}

function geetest(page: string, pageUrl: string): CaptchaTask | undefined {
  const id = foundBehind(page, "initGeetest4(", /^[^}]*?captchaId\s*:\s*["']([\da-f]{32})["']/i);
  if (id !== undefined) return { kind: "geetest", pageUrl, gt: id, version: 4 };
  const gt = foundBehind(page, "initGeetest(", /^[^}]*?\bgt\s*:\s*["']([\da-f]{32})["']/i);
  const challenge = foundBehind(page, "initGeetest(", /^[^}]*?\bchallenge\s*:\s*["']([\da-z]{32,34})["']/i);
  if (gt === undefined || challenge === undefined) return undefined;
  return { kind: "geetest", pageUrl, gt, challenge, version: 3 };
}

function recaptchaV2(page: string, pageUrl: string): CaptchaTask | undefined {
  const tag = tagOfClass(page, "g-recaptcha");
  const siteKey =
    attribute(tag, "data-sitekey") ??
    foundBehind(page, "grecaptcha.render(", SITE_KEY) ??
    foundBehind(page, "grecaptcha.enterprise.render(", SITE_KEY);
  if (siteKey === undefined) return undefined;
  return {
    kind: "recaptcha-v2",
    pageUrl,
    siteKey,
    ...(attribute(tag, "data-size") === "invisible" ? { invisible: true } : {}),
    ...optional("dataS", attribute(tag, "data-s")),
    ...(isEnterprise(page) ? { enterprise: true } : {}),
  };
}

/** `render` is the site key, unless it says that something is rendered by hand. */
const RENDERED = /^[^"'>\s]*?[?&;]render=([\w-]{20,})/;

function recaptchaV3(page: string, pageUrl: string): CaptchaTask | undefined {
  const siteKey =
    foundBehind(page, "recaptcha/api.js?", RENDERED) ??
    foundBehind(page, "recaptcha/enterprise.js?", RENDERED);
  if (siteKey === undefined) return undefined;
  const action = foundBehind(page, ".execute(", /^[^)]*?action["']?\s*:\s*["']([\w/]+)["']/);
  return {
    kind: "recaptcha-v3",
    pageUrl,
    siteKey,
    ...optional("action", action),
    ...(isEnterprise(page) ? { enterprise: true } : {}),
  };
}

function isEnterprise(page: string): boolean {
  return page.includes("recaptcha/enterprise.js") || page.includes("grecaptcha.enterprise");
}

function optional<K extends string>(name: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]: string });
}
