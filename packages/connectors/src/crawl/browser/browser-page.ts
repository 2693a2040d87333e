/** What is used of a page of playwright-core. */
export interface BrowserPage {
  goto(
    url: string,
    options: { waitUntil: "load" | "domcontentloaded" | "networkidle"; timeout: number },
  ): Promise<BrowserAnswer | null>;
  url(): string;
  content(): Promise<string>;
  click(selector: string): Promise<void>;
  fill(selector: string, value: string): Promise<void>;
  press(selector: string, key: string): Promise<void>;
  waitForSelector(
    selector: string,
    options?: { timeout?: number; state?: "attached" | "visible" },
  ): Promise<unknown>;
  waitForTimeout(ms: number): Promise<void>;
  evaluate<T>(code: string): Promise<T>;
  screenshot(options: { type: "png"; timeout: number }): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** An answer to the page's own request. */
export interface BrowserAnswer {
  status(): number;
  headers(): Record<string, string>;
}

/** Pages that share cookies. */
export interface BrowserContext {
  newPage(): Promise<BrowserPage>;
  addCookies(cookies: { name: string; value: string; url: string }[]): Promise<void>;
  route(
    pattern: string,
    handle: (route: BrowserRoute, request: { resourceType(): string }) => Promise<void>,
  ): Promise<unknown>;
  close(): Promise<void>;
}

/** A request of a page that has not been sent yet. */
export interface BrowserRoute {
  abort(): Promise<void>;
  continue(): Promise<void>;
}

/** A browser that runs. */
export interface Browser {
  newContext(options: {
    userAgent: string;
    extraHTTPHeaders: Record<string, string>;
    ignoreHTTPSErrors: boolean;
  }): Promise<BrowserContext>;
  isConnected(): boolean;
  close(): Promise<void>;
}
