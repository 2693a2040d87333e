import { existsSync } from "node:fs";
import { MillraceError } from "@millrace/core";
import type { Browser } from "./browser-page.ts";

/** Where systems install Chromium. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** How a browser is started. */
export interface LaunchOptions {
  readonly executablePath?: string | undefined;
  readonly args: readonly string[];
  readonly proxy?: string | undefined;
}

/** Starts Chromium without a window. Fails with MLR_DRIVER_MISSING or MLR_SOURCE_FAILED. */
export async function launchBrowser({ executablePath, args, proxy }: LaunchOptions): Promise<Browser> {
  const { chromium } = await load();
  const found = executablePath ?? PLACES.find((place) => existsSync(place));
  try {
    return await chromium.launch({
      args: [...args],
      ...(found === undefined ? {} : { executablePath: found }),
      ...(proxy === undefined ? {} : { proxy: proxyOf(proxy) }),
    });
  } catch (error) {
    const message = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
    throw new MillraceError("MLR_SOURCE_FAILED", `crawl(): the browser does not start: ${message}`, {
      hint: 'Install Chromium, or say where it is with `browser.executablePath`. In a container without user namespaces: `browser.args: ["--no-sandbox"]`.',
      retry: "never",
      cause: error,
    });
  }
}

async function load(): Promise<typeof import("playwright-core")> {
  try {
    return await import("playwright-core");
  } catch (error) {
    throw new MillraceError(
      "MLR_DRIVER_MISSING",
      "crawl({ browser }) needs the package playwright-core, which is missing",
      {
        hint: "npm install playwright-core",
        cause: error,
      },
    );
  }
}

function proxyOf(address: string): { server: string; username?: string; password?: string } {
  const url = new URL(address);
  return {
    server: `${url.protocol}//${url.host}`,
    ...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
  };
}
