import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where a browser for tests is: `MILLRACE_TEST_CHROMIUM` or Debian's. Undefined where there is none; CI needs one. */
export function chromiumPath(): string | undefined {
  const named = process.env["MILLRACE_TEST_CHROMIUM"];
  const found = [...(named === undefined ? [] : [named]), ...PLACES].find((place) => existsSync(place));
  if (found === undefined && process.env["CI"] !== undefined)
    throw new Error("CI needs a browser: apt-get install chromium");
  if (found === undefined) process.stderr.write("Not run in a browser: chromium is not installed.\n");
  return found;
}

/** Starts the browser without a window. */
export function launchChromium(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error("chromium is not installed");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}
