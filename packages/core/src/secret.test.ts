import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseOptions } from "./options.ts";
import { redactor } from "./redactor.ts";
import { hasSecrets, lendSecrets, resolveOptions, resolveSecrets, secret, secretText } from "./secret.ts";

const options = z.strictObject({
  url: secretText(z.string().regex(/^postgres:\/\//, "must begin with postgres://")),
  password: secretText(z.string()).optional(),
  rows: z.number().default(10),
});
const store = (values: Readonly<Record<string, string>>) => ({
  secret: async (name: string) => values[name] ?? Promise.reject(new Error(`no ${name}`)),
});

describe("secret()", () => {
  it("is a frozen reference that prints as it is written, however it is printed", () => {
    const reference = secret("shop.password");
    const text = 'secret("shop.password")';
    expect(Object.isFrozen(reference)).toBe(true);
    expect(String(reference)).toBe(text);
    expect(JSON.parse(JSON.stringify({ reference }))).toEqual({ reference: text });
    expect(inspect(reference)).toContain("shop.password");
  });

  it.each(["", "9a", "a b", "../etc", "a/b", "a\0", "x".repeat(129)])(
    "refuses the name %j without repeating it",
    (name) => {
      expect(() => secret(name)).toThrow(expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }));
      if (name !== "") expect(() => secret(name)).toThrow(expect.not.stringContaining(name));
    },
  );
});

describe("an option that is a secret text", () => {
  it("takes a text or a reference, and what the text has to be like still counts", () => {
    const reference = secret("db");
    expect(parseOptions(options, { url: reference }, "x()").url).toBe(reference);
    expect(() => parseOptions(options, { url: "mysql://h" }, "x()")).toThrow(
      'option "url": must begin with postgres://',
    );
    expect(() => parseOptions(options, { url: 1 }, "x()")).toThrow('option "url"');
    expect(() => parseOptions(options, { url: { name: "db" } }, "x()")).toThrow('option "url"');
  });

  it("refuses a reference that was put into a text, where its value would never come", () => {
    const url = `postgres://me:${String(secret("pw"))}@h`;
    expect(() => parseOptions(options, { url }, "x()")).toThrow("give it as the whole value");
  });
});

describe("resolving", () => {
  it("puts texts in place of references at any depth, and leaves everything else as it is", async () => {
    const when = new Date(0);
    const made = { auth: { token: secret("t") }, list: [secret("u"), 1, when], fn: resolveSecrets };
    expect(hasSecrets(made)).toBe(true);
    const resolved = await resolveSecrets(made, store({ t: "tok-one", u: "tok-two" }));
    expect(resolved).toEqual({ auth: { token: "tok-one" }, list: ["tok-two", 1, when], fn: resolveSecrets });
    const plain = { a: ["b"] };
    expect(await resolveSecrets(plain, {})).toBe(plain);
  });

  it("checks the texts as if they had been written there, without telling them", async () => {
    const parsed = parseOptions(options, { url: secret("db") }, "x()");
    const resolved = await resolveOptions(
      options,
      parsed,
      store({ db: "postgres://a:resolved-pw@h" }),
      "x()",
    );
    expect(resolved).toEqual({ url: "postgres://a:resolved-pw@h", rows: 10 });
    const failing = resolveOptions(options, parsed, store({ db: "mysql://a:wrong-kind-pw@h" }), "x()");
    await expect(failing).rejects.toThrow('x(): option "url": must begin with postgres://');
    await expect(failing).rejects.toThrow(expect.not.stringContaining("wrong-kind"));
  });

  it("makes each value known, so that it is masked from then on", async () => {
    expect(redactor.text("made-known-42")).toBe("made-known-42");
    await lendSecrets(store({ s: "made-known-42" })).secret("s");
    expect(redactor.text("got made-known-42")).toBe("got ***");
  });

  it("fails with what to do where there are no secrets", async () => {
    await expect(resolveSecrets(secret("db"), {})).rejects.toMatchObject({ code: "MLR_SECRET_MISSING" });
  });

  it("refuses a value that is no text", async () => {
    const broken = { secret: () => Promise.resolve(undefined as unknown as string) };
    await expect(resolveSecrets(secret("db"), broken)).rejects.toMatchObject({
      code: "MLR_SECRET_UNAVAILABLE",
    });
  });
});
