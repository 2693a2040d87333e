import { z } from "zod";

const Setting = z
  .object({
    name: z.string(),
    variable: z.string().describe("The environment variable that sets it."),
    value: z.string().nullable().describe("Passwords are replaced by `***`; null: not set."),
    origin: z
      .enum(["default", "project", ".env", "environment", "flag"])
      .describe("Where its value comes from."),
    alias: z.string().nullable().describe("The variable that said it, where that is not its own."),
  })
  .meta({ id: "Setting" });

export const SettingsAnswer = z.object({
  items: z.array(Setting),
  warnings: z
    .array(z.string())
    .describe("What looks like a mistake, such as a variable that does not exist."),
});
