import { MillraceError } from "@millrace/core";
import { z } from "zod";
import { FORMAT, type StoredKey, unknownFormat } from "./stored-key.ts";
import type { StoredSecret } from "./stored-secret.ts";

/** All that the file holds. */
export interface SecretFile {
  readonly keys: readonly StoredKey[];
  readonly secrets: readonly StoredSecret[];
}

const bytes = z
  .string()
  .regex(/^[A-Za-z0-9+/]*={0,2}$/)
  .transform((text) => Buffer.from(text, "base64"));
const sealed = { nonce: bytes, ciphertext: bytes, tag: bytes };
const made = { createdAt: z.string(), createdBy: z.string() };

const document = z.object({
  format: z.string(),
  keys: z.array(
    z.object({
      format: z.string(),
      id: z.string(),
      iterations: z.number(),
      salt: bytes,
      ...sealed,
      current: z.boolean(),
      ...made,
    }),
  ),
  secrets: z.array(
    z.object({
      format: z.string(),
      name: z.string(),
      version: z.number(),
      keyId: z.string(),
      ...sealed,
      ...made,
      updatedAt: z.string(),
      updatedBy: z.string(),
    }),
  ),
});

/** What the text of the file says; nothing where there is no file. Fails with MLR_SECRET_DAMAGED. */
export function parseFile(text: string | undefined, path: string): SecretFile {
  if (text === undefined) return { keys: [], secrets: [] };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw damaged(path, error);
  }
  const format = (json as { format?: unknown } | null)?.format;
  if (typeof format === "string" && format !== FORMAT) throw unknownFormat(path, format);
  const parsed = document.safeParse(json);
  if (!parsed.success) throw damaged(path, parsed.error);
  return parsed.data;
}

/** The text of the file: bytes in base64. */
export function fileText({ keys, secrets }: SecretFile): string {
  const all = { format: FORMAT, keys: keys.map(inBase64), secrets: secrets.map(inBase64) };
  return `${JSON.stringify(all, null, 2)}\n`;
}

function inBase64(record: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
    ]),
  );
}

function damaged(path: string, cause: unknown): MillraceError {
  return new MillraceError("MLR_SECRET_DAMAGED", `${path} is not a file of secrets as Millrace writes it`, {
    hint: "Restore it from a backup, or move it away and set the secrets anew.",
    cause,
  });
}
