import { z } from "zod";

/** The body of every answer that is not a success. */
export const ErrorAnswer = z
  .object({
    code: z.string().describe("One of the codes of docs/reference/errors.md."),
    message: z.string().describe("What happened, for people."),
    details: z
      .record(z.string(), z.unknown())
      .describe("Facts for programs, such as the field that is wrong."),
    hint: z.string().nullable().describe("What to do about it."),
  })
  .meta({ id: "Error" });
export type ErrorAnswer = z.infer<typeof ErrorAnswer>;
