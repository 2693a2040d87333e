import { z } from "zod";
import { secret } from "../../shared/http/option-types.ts";

/** How requests are authenticated over HTTP: what `basic()` and `bearer()` make. */
export const authOptions = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("basic"), username: secret, password: secret.default("") }),
  z.strictObject({ kind: z.literal("bearer"), token: secret }),
]);
