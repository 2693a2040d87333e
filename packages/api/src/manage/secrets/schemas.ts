import { z } from "zod";
import { Instant } from "../../server/timestamps.ts";
import { Count } from "../shared/names.ts";

const SecretName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9._-]{0,127}$/,
    "must begin with a letter and have letters, digits, -, _ and . up to 128",
  );

export const SecretParams = z.object({ name: SecretName });

const Secret = z
  .object({
    name: z.string(),
    version: Count.describe("Rises with each new value."),
    createdAt: Instant,
    createdBy: z.string(),
    updatedAt: Instant.describe("When it got its value."),
    updatedBy: z.string(),
  })
  .meta({ id: "Secret" });

export const SecretsAnswer = z.object({
  location: z.string().describe("Where they are kept, encrypted."),
  items: z.array(Secret),
});

export const SecretBody = z.strictObject({
  value: z.string().min(1).max(65_536).describe("Never shown again, by no route."),
});

export const SecretSet = z.object({ name: z.string(), outcome: z.enum(["added", "changed", "unchanged"]) });
export const SecretConfirm = z.object({
  confirm: z.string().max(200).describe("The name once more, against slips."),
});
export const SecretRemoved = z.object({ name: z.string(), removed: z.literal(true) });
