import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileStorage } from "./file-storage.ts";
import { SecretStore } from "./secret-store.ts";

/**
 * Written by another implementation (Python's hashlib and cryptography), and never to be changed: what was stored in the
 * format mlr1 has to be read for ever. The password ends with U+212B, which NFKC makes U+00C5.
 */
const VECTORS = new URL("./fixtures/mlr1.json", import.meta.url);
const PASSWORD = "correct horse battery staple \u212b";

interface Document {
  format: string;
  keys: Record<string, unknown>[];
  secrets: Record<string, unknown>[];
}

let directory: string;
let path: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-format-"));
  path = join(directory, "secrets.json");
});
afterAll(() => rm(directory, { recursive: true }));

function storeWith(password: string): SecretStore {
  return new SecretStore({
    storage: fileStorage({ path }),
    passwords: async () => ({ current: password }),
    by: "tester",
  });
}

async function vectors(change: (document: Document) => void = () => undefined): Promise<void> {
  const document = JSON.parse(await readFile(VECTORS, "utf8")) as Document;
  change(document);
  await writeFile(path, JSON.stringify(document), { mode: 0o600 });
}

/** The bytes with one bit turned. */
function flipped(base64: unknown): string {
  const bytes = Buffer.from(String(base64), "base64");
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytes.toString("base64");
}

const set =
  (part: "keys" | "secrets", name: string, change: (value: unknown) => unknown) =>
  (document: Document): void => {
    const record = document[part][0] ?? {};
    record[name] = change(record[name]);
  };

describe("the format mlr1", () => {
  it("is read as it was written by another implementation", async () => {
    await copyFile(VECTORS, path);
    await chmod(path, 0o600);
    const store = storeWith(PASSWORD);
    expect(await store.get("shop-password")).toBe("pässwörd, 🔑\n");
    expect(await store.get("warehouse.url")).toBe("postgresql://me:pw@db/warehouse");
    // The same characters, composed otherwise.
    expect(await storeWith(PASSWORD.normalize("NFD")).get("warehouse.url")).toContain("warehouse");
  });

  it.each([
    ["nonce", flipped],
    ["ciphertext", flipped],
    ["tag", flipped],
    ["tag", (value: unknown) => Buffer.from(String(value), "base64").subarray(0, 12).toString("base64")],
    ["version", () => 2],
    ["version", () => 4],
  ])("notices that the %s of a secret was changed", async (name, change) => {
    await vectors(set("secrets", name, change));
    await expect(storeWith(PASSWORD).get("shop-password")).rejects.toMatchObject({
      code: "MLR_SECRET_DAMAGED",
      details: { secret: "shop-password" },
    });
  });

  it("notices that the ciphertexts of two secrets were exchanged", async () => {
    await vectors(({ secrets: [a = {}, b = {}] }) => ([a["name"], b["name"]] = [b["name"], a["name"]]));
    await expect(storeWith(PASSWORD).get("warehouse.url")).rejects.toMatchObject({
      code: "MLR_SECRET_DAMAGED",
    });
  });

  it.each([
    ["nonce", flipped],
    ["ciphertext", flipped],
    ["tag", flipped],
    ["salt", flipped],
    ["id", () => "0190a5b0-0000-7000-8000-000000000002"],
    ["iterations", () => 600_001],
  ])("notices that the %s of a key was changed", async (name, change) => {
    await vectors((document) => {
      set("keys", name, change)(document);
      for (const secret of document.secrets) secret["keyId"] = document.keys[0]?.["id"];
    });
    await expect(storeWith(PASSWORD).get("shop-password")).rejects.toMatchObject({
      code: "MLR_SECRET_PASSWORD",
    });
  });

  it.each([1, 599_999, 1e9, 1.5])("refuses a key that was derived with %d iterations", async (iterations) => {
    await vectors(set("keys", "iterations", () => iterations));
    await expect(storeWith(PASSWORD).get("shop-password")).rejects.toMatchObject({
      code: "MLR_SECRET_DAMAGED",
    });
  });

  it.each([
    ["keys", /The key .* is in the unknown format "mlr2"/],
    ["secrets", /The secret "shop-password" is in the unknown format "mlr2"/],
  ] as const)("says that %s of another format were written by a newer version", async (part, message) => {
    await vectors(set(part, "format", () => "mlr2"));
    await expect(storeWith(PASSWORD).get("shop-password")).rejects.toThrow(message);
    await vectors((document) => (document.format = "mlr2"));
    await expect(storeWith(PASSWORD).list()).rejects.toThrow('unknown format "mlr2"');
  });

  it.each(["", "{", "[]", '{"format":"mlr1"}', '{"format":"mlr1","keys":[{}],"secrets":[]}'])(
    "says that %j is not a file of secrets, and does not write over it",
    async (text) => {
      await writeFile(path, text, { mode: 0o600 });
      await expect(storeWith(PASSWORD).list()).rejects.toMatchObject({ code: "MLR_SECRET_DAMAGED" });
      await expect(storeWith(PASSWORD).set({ a: "value" })).rejects.toMatchObject({
        code: "MLR_SECRET_DAMAGED",
      });
      expect(await readFile(path, "utf8")).toBe(text);
    },
  );
});
