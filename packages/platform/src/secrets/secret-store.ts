import { type Clock, MillraceError, checkSecretName, systemClock } from "@millrace/core";
import { newDerivation } from "./master-key.ts";
import type { SecretChange, SecretStorage } from "./secret-storage.ts";
import {
  createKey,
  type Deed,
  type MasterPasswords,
  openKey,
  type OpenKey,
  type StoredKey,
  wrapKey,
} from "./stored-key.ts";
import { openSecret, resealSecret, type SecretInfo, sealSecret } from "./stored-secret.ts";

/** What a store of secrets is made of. */
export interface SecretStoreOptions {
  readonly storage: SecretStorage;
  /**
   * The master password, asked for when something has to be opened or encrypted. @param use `create`: there are no secrets
   * yet, so this is the password from now on. Fails with MLR_SECRET_PASSWORD where there is none.
   */
  readonly passwords: (use: "open" | "create") => Promise<MasterPasswords>;
  /** Who is recorded as having changed something. */
  readonly by: string;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** What became of a secret that was set. */
export type SetOutcome = "added" | "changed" | "unchanged";

/** Largest value in bytes: keys and certificates fit, files do not. */
const MAX_BYTES = 64 * 1024;
/** Shorter master passwords are refused when they are made. */
const SHORTEST_PASSWORD = 12;
/** Secrets that one change of a rotation encrypts anew, so that others wait for milliseconds. */
const BATCH = 100;
/** How often something is done again because another process was faster. */
const ROUNDS = 20;

/** Secrets that are kept encrypted: in the control database or a file. */
export class SecretStore {
  readonly #o: SecretStoreOptions;
  readonly #clock: Clock;
  readonly #open = new Map<string, OpenKey>();

  constructor(options: SecretStoreOptions) {
    this.#o = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Where the secrets are, for messages. */
  get location(): string {
    return this.#o.storage.location;
  }

  /** The value; undefined where there is none. Fails with MLR_SECRET_PASSWORD or MLR_SECRET_DAMAGED, or as the storage does. */
  async get(name: string): Promise<string | undefined> {
    for (let round = 0; round < ROUNDS; round++) {
      const stored = await this.#o.storage.secret(checkSecretName(name));
      if (stored === undefined) return undefined;
      const key = this.#open.get(stored.keyId) ?? (await this.#openKeyOf(stored.keyId));
      // A rotation may have moved the secret, and taken its key away, between the two readings.
      if (key !== undefined) return openSecret(stored, key);
    }
    throw keyMissing(name);
  }

  /** What is known of all secrets without their values, ordered by name. No password is needed. */
  async list(): Promise<SecretInfo[]> {
    const stored = await this.#o.storage.secrets();
    return stored.map(({ name, version, keyId, createdAt, createdBy, updatedAt, updatedBy }) => ({
      name,
      version,
      keyId,
      createdAt,
      createdBy,
      updatedAt,
      updatedBy,
    }));
  }

  /**
   * Stores values, all or none; a value that is there already stays as it is. Fails with MLR_ARGUMENT_INVALID, or as `get`.
   * @param by who is recorded. Default: whom the store was made for
   */
  async set(
    values: Readonly<Record<string, string>>,
    by: string = this.#o.by,
  ): Promise<Readonly<Record<string, SetOutcome>>> {
    for (const [name, value] of Object.entries(values)) checkValue(checkSecretName(name), value);
    return this.#again(async () => {
      const { open, stored } = await this.#currentKey();
      // To tell what is unchanged; a key that cannot be opened is no reason not to store.
      await this.#openAll(await this.#o.storage.keys()).catch(() => undefined);
      return this.#o.storage.change(async (change) => {
        const current = (await change.keys()).find((key) => key.current);
        // Another process has made a key meanwhile.
        if (current !== undefined ? current.id !== open.id : stored === undefined) return undefined;
        if (current === undefined && stored !== undefined) await change.putKey(stored);
        return this.#put(change, { values, key: open, deed: this.#deed(by) });
      });
    });
  }

  /** False where there was none of that name. */
  remove(name: string): Promise<boolean> {
    return this.#o.storage.change((change) => change.removeSecret(checkSecretName(name)));
  }

  /**
   * Makes a new data key and encrypts everything by it, batch after batch, while others read and write. One that was
   * interrupted is finished by the next. Resolves to the number of secrets that were encrypted anew.
   */
  async rotate(): Promise<{ readonly secrets: number; readonly key: string }> {
    const made = await this.#again(() => this.#addKey());
    let secrets = 0;
    for (let left = true; left;) {
      await this.#openAll(await this.#o.storage.keys());
      const batch = await this.#o.storage.change((change) => this.#reseal(change));
      secrets += batch.done;
      left = batch.left;
    }
    await this.#o.storage.change((change) => change.removeUnusedKeys());
    return { secrets, key: made.id };
  }

  /**
   * Makes `password` the master password: all data keys are wrapped anew, no secret is touched. Processes that know the old
   * one go on where they have opened the keys, and where it is given as the previous one. Resolves to the number of keys.
   */
  async changePassword(password: string): Promise<number> {
    checkNewPassword(password);
    const derivation = newDerivation();
    return this.#again(async () => {
      const keys = await this.#o.storage.keys();
      if (keys.length === 0) throw nothingStored();
      await this.#openAll(keys);
      const wrapped = await Promise.all(
        keys.map(async (key) => ({ ...key, ...(await wrapKey(this.#opened(key.id), password, derivation)) })),
      );
      return this.#o.storage.change(async (change) => {
        const known = new Set(keys.map(stateOf));
        const now = await change.keys();
        if (now.length !== keys.length || !now.every((key) => known.has(stateOf(key)))) return undefined;
        for (const key of wrapped) await change.putKey(key);
        return wrapped.length;
      });
    });
  }

  /** The key that is written by; `stored` where it has to be made with the first secret. */
  async #currentKey(): Promise<{ readonly open: OpenKey; readonly stored?: StoredKey }> {
    const current = (await this.#o.storage.keys()).find((key) => key.current);
    if (current !== undefined) return { open: await this.#openOne(current) };
    const passwords = await this.#o.passwords("create");
    checkNewPassword(passwords.current);
    const made = await createKey(passwords.current, this.#deed());
    this.#open.set(made.open.id, made.open);
    return made;
  }

  async #addKey(): Promise<OpenKey | undefined> {
    const keys = await this.#o.storage.keys();
    const current = keys.find((key) => key.current);
    if (current === undefined) throw nothingStored();
    await this.#openAll(keys);
    const passwords = await this.#o.passwords("open");
    // Wrapped like the current one, also where that still has the previous password.
    const password = await this.#passwordOf(current, passwords);
    const { open, stored } = await createKey(password, this.#deed(), current);
    const added = await this.#o.storage.change(async (change) => {
      const now = (await change.keys()).find((key) => key.current);
      if (now === undefined || stateOf(now) !== stateOf(current)) return undefined;
      await change.putKey({ ...now, current: false });
      await change.putKey(stored);
      return open;
    });
    if (added !== undefined) this.#open.set(open.id, open);
    return added;
  }

  async #passwordOf(key: StoredKey, { current, previous }: MasterPasswords): Promise<string> {
    if (previous === undefined) return current;
    return openKey(key, { current }).then(
      () => current,
      () => previous,
    );
  }

  /** Encrypts a batch by the key that is current now, which a later rotation may have made. `left`: there is more to do. */
  async #reseal(change: SecretChange): Promise<{ readonly done: number; readonly left: boolean }> {
    const current = (await change.keys()).find((key) => key.current);
    const to = current === undefined ? undefined : this.#open.get(current.id);
    // It was made meanwhile: it is opened before the next batch.
    if (to === undefined) return { done: 0, left: current !== undefined };
    const batch = await change.notUnder(to.id, BATCH);
    for (const secret of batch) {
      const from = this.#open.get(secret.keyId);
      if (from === undefined) throw keyMissing(secret.name);
      await change.putSecret(resealSecret(secret, from, to));
    }
    return { done: batch.length, left: batch.length > 0 };
  }

  async #put(
    change: SecretChange,
    {
      values,
      key,
      deed,
    }: {
      readonly values: Readonly<Record<string, string>>;
      readonly key: OpenKey;
      readonly deed: Deed;
    },
  ): Promise<Record<string, SetOutcome>> {
    const outcomes: Record<string, SetOutcome> = {};
    for (const [name, value] of Object.entries(values)) {
      const before = await change.secret(name);
      const from = before === undefined ? undefined : this.#open.get(before.keyId);
      const same = before !== undefined && from !== undefined && valueOrNothing(before, from) === value;
      if (!same) await change.putSecret(sealSecret({ name, value, before }, key, deed));
      outcomes[name] = same ? "unchanged" : before === undefined ? "added" : "changed";
    }
    return outcomes;
  }

  async #openKeyOf(id: string): Promise<OpenKey | undefined> {
    const stored = (await this.#o.storage.keys()).find((key) => key.id === id);
    return stored === undefined ? undefined : this.#openOne(stored);
  }

  async #openOne(stored: StoredKey): Promise<OpenKey> {
    const known = this.#open.get(stored.id);
    if (known !== undefined) return known;
    const key = await openKey(stored, await this.#o.passwords("open"));
    this.#open.set(key.id, key);
    return key;
  }

  async #openAll(keys: readonly StoredKey[]): Promise<void> {
    for (const key of keys) await this.#openOne(key);
  }

  #opened(id: string): OpenKey {
    const key = this.#open.get(id);
    if (key === undefined) throw new MillraceError("MLR_INTERNAL", `the key ${id} was not opened`);
    return key;
  }

  /** Does something until no other process was faster: `work` resolves to undefined where one was. */
  async #again<T>(work: () => Promise<T | undefined>): Promise<T> {
    for (let round = 0; round < ROUNDS; round++) {
      const result = await work();
      if (result !== undefined) return result;
    }
    throw new MillraceError("MLR_SECRET_UNAVAILABLE", "Other processes change the secrets all the time", {
      hint: "Try again when they have finished.",
    });
  }

  #deed(by = this.#o.by): Deed {
    return { at: new Date(this.#clock.now()).toISOString(), by };
  }
}

/** A key and how it is wrapped: it changes with either. */
function stateOf({ id, current, nonce }: StoredKey): string {
  return `${id} ${current} ${Buffer.from(nonce).toString("hex")}`;
}

/** A damaged value is no reason not to replace it. */
function valueOrNothing(...given: Parameters<typeof openSecret>): string | undefined {
  try {
    return openSecret(...given);
  } catch {
    return undefined;
  }
}

function checkValue(name: string, value: string): void {
  const bytes = Buffer.byteLength(value, "utf8");
  const fault =
    bytes === 0
      ? "is empty"
      : bytes > MAX_BYTES
        ? `has ${bytes} bytes; at most ${MAX_BYTES} can be stored`
        : value.isWellFormed()
          ? undefined
          : "is not well-formed text";
  if (fault === undefined) return;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `The value for the secret "${name}" ${fault}`, {
    hint: "Nothing was stored.",
    details: { secret: name },
  });
}

function checkNewPassword(password: string): void {
  if (password.length >= SHORTEST_PASSWORD) return;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `A master password has at least ${SHORTEST_PASSWORD} characters`,
    { hint: "Take a phrase of several words, or make one: openssl rand -base64 24" },
  );
}

function keyMissing(name: string): MillraceError {
  return new MillraceError("MLR_SECRET_DAMAGED", `The key of the secret "${name}" is missing`, {
    hint: `Restore the stored keys from a backup. \`millrace secret set ${name}\` stores the secret anew.`,
    details: { secret: name },
  });
}

function nothingStored(): MillraceError {
  return new MillraceError("MLR_SECRET_MISSING", "No secrets are stored yet", {
    hint: "`millrace secret set <name>` stores the first one.",
  });
}
