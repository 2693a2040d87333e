import { MillraceError } from "@millrace/core";
import type { Element } from "domhandler";
import type { RequestClient } from "../../shared/request/client.ts";
import type { Session } from "../../shared/request/session/session.ts";
import { decodePage } from "../page/decode.ts";
import { Page } from "../page/page.ts";
import { compileSelector, selectAll, selectOne } from "../page/select.ts";

/** How a site is logged in to, with its secrets filled in. */
export interface LoginSettings {
  /** The page with the form. */
  readonly url: string;
  /** Values of its fields, by their names. */
  readonly fields: Readonly<Record<string, string>>;
  /** CSS selector of the form. */
  readonly form: string;
  /** What only pages have that are shown to somebody who is not logged in. */
  readonly loggedOut: string;
}

/** What logs in, again when the site has forgotten it. */
export class Login {
  readonly #settings: LoginSettings;
  readonly #client: RequestClient;
  readonly #session: Session;
  #current: Promise<void> | undefined;

  constructor(settings: LoginSettings, parts: { readonly client: RequestClient; readonly session: Session }) {
    this.#settings = settings;
    this.#client = parts.client;
    this.#session = parts.session;
  }

  /** Logs in, unless that is done or under way. Fails with MLR_SOURCE_DENIED where the site refuses. */
  ensure(signal: AbortSignal): Promise<void> {
    this.#current ??= this.#logIn(signal);
    return this.#current;
  }

  /** What the next page is to be asked with; `forget` takes it, so that pages that failed together log in once. */
  get current(): Promise<void> | undefined {
    return this.#current;
  }

  /** The site has forgotten who asks. @param then `current` when the page was asked for. */
  forget(then: Promise<void> | undefined): void {
    if (this.#current === then) this.#current = undefined;
  }

  /** Whether a page is one for somebody who is not logged in. */
  isLoggedOut(page: Page): boolean {
    return page.has(this.#settings.loggedOut);
  }

  async #logIn(signal: AbortSignal): Promise<void> {
    const { url, form: selector } = this.#settings;
    const page = await this.#page(url, {}, signal);
    const form = selectOne(compileSelector(selector), page.document);
    if (form === undefined) {
      throw new MillraceError("MLR_SOURCE_FORMAT", `crawl(): ${url} has no form "${selector}" to log in by`, {
        hint: "Say with `login.form` how the form is found.",
      });
    }
    const action = URL.parse(form.attribs["action"] ?? "", page.base)?.href ?? page.url;
    const answer = await this.#page(action, this.#fieldsOf(form), signal);
    if (!this.isLoggedOut(answer)) return;
    throw new MillraceError("MLR_SOURCE_DENIED", `crawl(): ${url} did not accept the login`, {
      hint: "Check `login.fields`, and whether `login.loggedOut` is only on pages without a login.",
    });
  }

  /** What the form brings along, such as a token against forgery, and what is filled in. */
  #fieldsOf(form: Element): Record<string, string> {
    const own: Record<string, string> = {};
    for (const { attribs } of selectAll(compileSelector("input[name]"), form)) {
      const { name = "", type = "text", value = "" } = attribs;
      if (["submit", "button", "image", "file", "reset"].includes(type.toLowerCase())) continue;
      if (["checkbox", "radio"].includes(type.toLowerCase()) && attribs["checked"] === undefined) continue;
      own[name] = value;
    }
    return { ...own, ...this.#settings.fields };
  }

  async #page(url: string, form: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Page> {
    const answer = await this.#client.request(url, {
      as: "buffer",
      expect: "any",
      session: this.#session,
      signal,
      ...(Object.keys(form).length === 0 ? {} : { form }),
    });
    if (answer.status >= 500 || answer.status === 429) {
      throw new MillraceError(
        "MLR_SOURCE_FAILED",
        `crawl(): ${url} answered the login with status ${answer.status}`,
      );
    }
    const type = answer.headers["content-type"];
    return new Page({
      url: answer.url,
      requested: url,
      status: answer.status,
      headers: {},
      html: decodePage(answer.body, typeof type === "string" ? type : undefined),
      depth: 0,
      parsing: "fast",
      fetchedAt: 0,
    });
  }
}
