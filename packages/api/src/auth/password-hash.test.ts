import { describe, expect, it } from "vitest";
import { hashPassword, isOutdated, PASSWORD_COST, verifyPassword } from "./password-hash.ts";

const CHEAP = { logN: 8, r: 8, p: 1 };

describe("a hash of a password", () => {
  it("says how it was made, and differs each time", async () => {
    const [one, two] = [await hashPassword("four words", CHEAP), await hashPassword("four words", CHEAP)];
    expect(one).toMatch(/^\$scrypt\$ln=8,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(one).not.toBe(two);
  });

  it("fits its password alone, whatever it cost", async () => {
    const hash = await hashPassword("four words", CHEAP);
    expect(await verifyPassword("four words", hash)).toBe(true);
    expect(await verifyPassword("four words ", hash)).toBe(false);
    expect(await verifyPassword("", hash)).toBe(false);
  });

  it("fits the vector of RFC 7914, so that it is scrypt and nothing else", async () => {
    // Section 12: P = "pleaseletmein", S = "SodiumChloride", N = 16384, r = 8, p = 1, the first 32 of 64 bytes.
    const salt = Buffer.from("SodiumChloride").toString("base64").replace(/=+$/, "");
    const hash = Buffer.from(
      "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2",
      "hex",
    ).toString("base64");
    const stored = `$scrypt$ln=14,r=8,p=1$${salt}$${hash.replace(/=+$/, "")}`;
    expect(await verifyPassword("pleaseletmein", stored)).toBe(true);
    expect(await verifyPassword("pleaseletmeim", stored)).toBe(false);
  });

  it("takes letters that were typed composed or not for the same", async () => {
    const hash = await hashPassword("fünf Wörter", CHEAP);
    expect(await verifyPassword("fünf Wörter".normalize("NFD"), hash)).toBe(true);
  });

  it("that is none fits nothing", async () => {
    for (const stored of [undefined, "", "plain", "$scrypt$ln=8,r=8,p=1$$", "$2b$10$abc"]) {
      expect(await verifyPassword("four words", stored, CHEAP)).toBe(false);
    }
  });

  it("is to be made again where it was made at another cost", async () => {
    const hash = await hashPassword("four words", CHEAP);
    expect(isOutdated(hash, CHEAP)).toBe(false);
    expect(isOutdated(hash, PASSWORD_COST)).toBe(true);
    expect(isOutdated("$2b$10$abc")).toBe(true);
  });
});
