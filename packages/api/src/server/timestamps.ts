import { z } from "zod";

/** An instant as every answer gives it. */
export const Instant = z.iso.datetime().describe("ISO 8601 in UTC.");
