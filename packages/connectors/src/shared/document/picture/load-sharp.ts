import { MillraceError } from "@millrace/core";

/** Sharp, which reads and changes pictures. */
export type Sharp = (typeof import("sharp"))["default"];

/** Sharp, loaded on first use. Fails with MLR_DRIVER_MISSING. */
export async function loadSharp(): Promise<Sharp> {
  try {
    const { default: sharp } = await import("sharp");
    // Several pages at a time are the caller's choice; one picture must not take every core.
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  } catch (cause) {
    throw new MillraceError(
      "MLR_DRIVER_MISSING",
      "reading pictures needs the package sharp, which is missing",
      {
        hint: "Install it: npm install sharp",
        cause,
      },
    );
  }
}
