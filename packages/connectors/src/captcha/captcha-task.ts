/** A proxy that the service's workers go through, so that the page sees the same address as from here. */
export interface CaptchaProxy {
  /** `http://user:password@host:port`, or `socks5://`. The service connects to it, so it has to be reachable from outside. */
  readonly url: string;
  /** The browser that is said to ask. */
  readonly userAgent: string;
  /** Cookies of the page, as the header has them. Default: none. */
  readonly cookies?: string;
}

/** What tasks of a page have in common. */
interface OnPage {
  /** Address of the page. */
  readonly pageUrl: string;
  /** Default: the service's own addresses. */
  readonly proxy?: CaptchaProxy;
}

/** A picture with letters. */
export interface ImageTask {
  readonly kind: "image";
  /** The bytes of the picture. */
  readonly image: Uint8Array;
  /** True where there are several words. Default false. */
  readonly phrase?: boolean;
  /** True where upper and lower case differ. Default false. */
  readonly caseSensitive?: boolean;
  /** Only digits, or no digits. Default: any. */
  readonly characters?: "digits" | "letters";
  /** True where it is a sum to be worked out. Default false. */
  readonly math?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** What workers are told. */
  readonly comment?: string;
}

/** reCAPTCHA with a box, or invisible. */
export interface RecaptchaV2Task extends OnPage {
  readonly kind: "recaptcha-v2";
  readonly siteKey: string;
  readonly invisible?: boolean;
  /** Value of `data-s`, which Google's own pages have. */
  readonly dataS?: string;
  readonly enterprise?: boolean;
  /** Further parameters of `grecaptcha.enterprise.render`. */
  readonly payload?: Readonly<Record<string, string>>;
}

/** reCAPTCHA by score. Services solve it without a proxy. */
export interface RecaptchaV3Task extends Omit<OnPage, "proxy"> {
  readonly kind: "recaptcha-v3";
  readonly siteKey: string;
  /** Default 0.3. */
  readonly minScore?: 0.3 | 0.7 | 0.9;
  readonly action?: string;
  readonly enterprise?: boolean;
}

/** hCaptcha. */
export interface HcaptchaTask extends OnPage {
  readonly kind: "hcaptcha";
  readonly siteKey: string;
  readonly invisible?: boolean;
  readonly payload?: Readonly<Record<string, string>>;
}

/** Cloudflare Turnstile. */
export interface TurnstileTask extends OnPage {
  readonly kind: "turnstile";
  readonly siteKey: string;
  readonly action?: string;
  readonly data?: string;
}

/** Arkose Labs FunCaptcha. */
export interface FuncaptchaTask extends OnPage {
  readonly kind: "funcaptcha";
  readonly publicKey: string;
  /** Host of the service's script, such as `client-api.arkoselabs.com`. */
  readonly subdomain?: string;
  readonly data?: string;
}

/** GeeTest 3 (`gt` and a fresh `challenge`), or 4 (`gt` is its captcha id). */
export interface GeetestTask extends OnPage {
  readonly kind: "geetest";
  readonly gt: string;
  readonly challenge?: string;
  readonly version?: 3 | 4;
  readonly subdomain?: string;
}

/** What is to be solved. */
export type CaptchaTask =
  ImageTask | RecaptchaV2Task | RecaptchaV3Task | HcaptchaTask | TurnstileTask | FuncaptchaTask | GeetestTask;

/** Kinds of captchas. */
export type CaptchaKind = CaptchaTask["kind"];
