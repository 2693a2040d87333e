import { MillraceError } from "@millrace/core";
import { proxyAddress } from "../shared/proxies/proxy-address.ts";
import type { CaptchaProxy, CaptchaTask, GeetestTask, ImageTask } from "./captcha-task.ts";

type Form = Readonly<Record<string, unknown>>;

/** A task as the createTask protocol has it, without the members that are not given. */
export function taskForm(task: CaptchaTask): Form {
  return Object.fromEntries(Object.entries(fullForm(task)).filter(([, value]) => value !== undefined));
}

function fullForm(task: CaptchaTask): Form {
  switch (task.kind) {
    case "image":
      return imageForm(task);
    case "recaptcha-v2":
      return {
        ...onPage(task.enterprise === true ? "RecaptchaV2EnterpriseTask" : "RecaptchaV2Task", task),
        websiteKey: task.siteKey,
        isInvisible: task.enterprise === true ? undefined : task.invisible,
        recaptchaDataSValue: task.dataS,
        enterprisePayload: task.payload,
      };
    case "recaptcha-v3":
      return {
        ...onPage("RecaptchaV3Task", task),
        websiteKey: task.siteKey,
        minScore: task.minScore ?? 0.3,
        pageAction: task.action,
        isEnterprise: task.enterprise,
      };
    case "hcaptcha":
      return {
        ...onPage("HCaptchaTask", task),
        websiteKey: task.siteKey,
        isInvisible: task.invisible,
        enterprisePayload: task.payload,
      };
    case "turnstile":
      return {
        ...onPage("TurnstileTask", task),
        websiteKey: task.siteKey,
        action: task.action,
        cData: task.data,
      };
    case "funcaptcha":
      return {
        ...onPage("FunCaptchaTask", task),
        websitePublicKey: task.publicKey,
        funcaptchaApiJSSubdomain: task.subdomain,
        data: task.data,
      };
    case "geetest":
      return geetestForm(task);
  }
}

function geetestForm(task: GeetestTask): Form {
  const { gt, challenge, version, subdomain } = task;
  return { ...onPage("GeeTestTask", task), gt, challenge, version, geetestApiServerSubdomain: subdomain };
}

/** `numeric`: 0 any, 1 digits alone, 2 no digits. */
const CHARACTERS = { digits: 1, letters: 2 } as const;

function imageForm(task: ImageTask): Form {
  return {
    type: "ImageToTextTask",
    body: Buffer.from(task.image).toString("base64"),
    phrase: task.phrase,
    case: task.caseSensitive,
    numeric: task.characters === undefined ? undefined : CHARACTERS[task.characters],
    math: task.math,
    minLength: task.minLength,
    maxLength: task.maxLength,
    comment: task.comment,
  };
}

/** The type has another name where the service uses addresses of its own. */
function onPage(
  type: string,
  { pageUrl, proxy }: { readonly pageUrl: string; readonly proxy?: CaptchaProxy },
): Form {
  if (proxy === undefined) return { type: `${type}Proxyless`, websiteURL: pageUrl };
  const { protocol, hostname, port, username, password } = proxyAddress(proxy.url);
  if (protocol === "https:") {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      "A captcha cannot be solved through a proxy that speaks TLS",
      {
        hint: "Give a proxy that begins with http:// or socks5://.",
      },
    );
  }
  return {
    type,
    websiteURL: pageUrl,
    proxyType: protocol.replace(":", ""),
    proxyAddress: hostname,
    proxyPort: port,
    proxyLogin: username === "" ? undefined : username,
    proxyPassword: password === "" ? undefined : password,
    userAgent: proxy.userAgent,
    cookies: proxy.cookies,
  };
}
