import type { StoredKey } from "./stored-key.ts";
import type { StoredSecret } from "./stored-secret.ts";

/** What is read of a storage. */
export interface SecretReading {
  keys(): Promise<readonly StoredKey[]>;
  /** Undefined where there is none. */
  secret(name: string): Promise<StoredSecret | undefined>;
  /** Ordered by name. */
  secrets(): Promise<readonly StoredSecret[]>;
}

/** What may be done in a change: all of it becomes visible at once, or nothing. */
export interface SecretChange extends SecretReading {
  /** At most `limit` secrets that are encrypted by another key than this one. */
  notUnder(keyId: string, limit: number): Promise<readonly StoredSecret[]>;
  /** Adds or replaces a key. */
  putKey(key: StoredKey): Promise<void>;
  /** Takes away the keys that are not current and that no secret needs. */
  removeUnusedKeys(): Promise<void>;
  /** Adds or replaces a secret. */
  putSecret(secret: StoredSecret): Promise<void>;
  /** False where there was none. */
  removeSecret(name: string): Promise<boolean>;
}

/** Where encrypted secrets and wrapped keys are kept. It never sees a value. */
export interface SecretStorage extends SecretReading {
  /** Where it is, without secrets, for messages. */
  readonly location: string;
  /** Changes follow one another, also those of other processes; readers never wait. */
  change<T>(work: (change: SecretChange) => Promise<T>): Promise<T>;
}
