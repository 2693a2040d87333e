import { z } from "zod";

/** Several of a kind given in one query parameter, separated by commas. @param most how many are taken */
export function listOf<T extends z.ZodType<string, string>>(
  item: T,
  most = 20,
): z.ZodPipe<z.ZodPipe<z.ZodString, z.ZodTransform<string[], string>>, z.ZodArray<T>> {
  return z
    .string()
    .max(5_000)
    .transform((given) => given.split(",").filter((part) => part !== ""))
    .pipe(z.array(item).min(1).max(most));
}
