import { MillraceError } from "@millrace/core";
import { seal, type Sealed, unseal } from "./sealed.ts";
import { type Deed, FORMAT, type OpenKey, unknownFormat } from "./stored-key.ts";

/** What is known of a secret without its value. */
export interface SecretInfo {
  readonly name: string;
  /** Rises with each new value. */
  readonly version: number;
  /** Id of the data key. */
  readonly keyId: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly createdBy: string;
  /** When it got its value. ISO 8601. */
  readonly updatedAt: string;
  readonly updatedBy: string;
}

/** A secret, encrypted by a data key. */
export interface StoredSecret extends SecretInfo, Sealed {
  readonly format: string;
}

/** The secret with this value. @param before as it was; undefined where it is new. */
export function sealSecret(
  { name, value, before }: { name: string; value: string; before: StoredSecret | undefined },
  { id, key }: OpenKey,
  deed: Deed,
): StoredSecret {
  const place = { format: FORMAT, name, version: (before?.version ?? 0) + 1, keyId: id };
  return {
    ...place,
    ...seal(key, Buffer.from(value, "utf8"), secretContext(place)),
    createdAt: before?.createdAt ?? deed.at,
    createdBy: before?.createdBy ?? deed.by,
    updatedAt: deed.at,
    updatedBy: deed.by,
  };
}

/** The same secret under another key. Fails with MLR_SECRET_DAMAGED. */
export function resealSecret(stored: StoredSecret, from: OpenKey, to: OpenKey): StoredSecret {
  const place = { format: FORMAT, name: stored.name, version: stored.version, keyId: to.id };
  return { ...stored, ...place, ...seal(to.key, contentOf(stored, from), secretContext(place)) };
}

/** The value. Fails with MLR_SECRET_DAMAGED where anything of it was changed. */
export function openSecret(stored: StoredSecret, key: OpenKey): string {
  return contentOf(stored, key).toString("utf8");
}

function contentOf(stored: StoredSecret, { id, key }: OpenKey): Buffer {
  if (stored.format !== FORMAT) throw unknownFormat(`The secret "${stored.name}"`, stored.format);
  const content = stored.keyId === id ? unseal(key, stored, secretContext(stored)) : undefined;
  if (content !== undefined) return content;
  throw new MillraceError(
    "MLR_SECRET_DAMAGED",
    `What is stored as secret "${stored.name}" was changed, or belongs to another secret or version`,
    {
      hint: `Find out who wrote to where secrets are stored. \`millrace secret set ${stored.name}\` stores it anew.`,
      details: { secret: stored.name },
    },
  );
}

/** What a ciphertext belongs to: it cannot be moved to another name, version or key. */
function secretContext(place: Pick<StoredSecret, "format" | "name" | "version" | "keyId">): string {
  return [place.format, "secret", place.name, place.version, place.keyId].join("\0");
}
