import { z } from "zod";
import type { BrowserPage } from "./browser-page.ts";
import type { Matcher } from "../visit/matcher.ts";

/** Options of reading pages with a browser. */
export const browserOptions = z.strictObject({
  /** Pages that are opened in the browser: a part of the address, a pattern or a function of the URL. Default: all, unless `missing` is said. */
  when: z
    .custom<Matcher>((value) => ["string", "function", "object"].includes(typeof value) && value !== null)
    .optional(),
  /** CSS selector: pages that do not have it when they are fetched without the browser are opened in it. Default: none. */
  missing: z.string().min(1).optional(),
  /** The browser's program. Default: Chromium or Chrome where systems install them. */
  executablePath: z.string().min(1).optional(),
  /** Further arguments of the browser's program. Default: none. */
  args: z.array(z.string()).default([]),
  /** What a page waits for: `load`, `domcontentloaded`, `networkidle`, or a CSS selector that has to be there. Default `load`. */
  waitFor: z.string().min(1).default("load"),
  /** What is not loaded: `image`, `media`, `font`, `stylesheet`, `script`, `xhr`, … Default images, media and fonts. */
  block: z.array(z.string()).default(["image", "media", "font"]),
  /** How often a page is scrolled to its end at most, as long as it grows. Default 0. */
  scroll: z.number().int().nonnegative().default(0),
  /** Pages that are open at a time. Default 4. */
  pages: z.number().int().positive().default(4),
  /** Does something on a page before it is read, such as a click. It is given the page as playwright-core has it. */
  act: z.custom<(page: BrowserPage) => Promise<void>>((value) => typeof value === "function").optional(),
});

/** Options of reading pages with a browser, with the defaults filled in. */
export type BrowserOptions = z.output<typeof browserOptions>;
