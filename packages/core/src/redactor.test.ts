import { describe, expect, it } from "vitest";
import { MillraceError } from "./errors.ts";
import { Redactor } from "./redactor.ts";

function knowing(...values: string[]): Redactor {
  const redactor = new Redactor();
  for (const value of values) redactor.add(value);
  return redactor;
}

describe("a redactor", () => {
  it("leaves everything as it is while it knows no secret", () => {
    const redactor = new Redactor();
    const error = new Error("hunter2");
    const value = { a: ["hunter2"] };
    expect(redactor.text("hunter2")).toBe("hunter2");
    expect(redactor.value(value)).toBe(value);
    expect(redactor.error(error)).toBe(error);
  });

  it("masks a secret wherever it stands in a text, also several times", () => {
    expect(knowing("hunter2").text("hunter2, and again:hunter2!")).toBe("***, and again:***!");
  });

  it("leaves out texts of up to three characters, which would be found everywhere", () => {
    expect(knowing("abc").text("abc abcd")).toBe("abc abcd");
    expect(knowing("abcd").text("abc abcd")).toBe("abc ***");
  });

  it("takes what means something in a regular expression as it is", () => {
    const value = "a.b*c(d)[e]{f}|g^h$i\\j+k?l/m-n";
    expect(knowing(value).text(`<${value}> axb`)).toBe("<***> axb");
  });

  it("masks the forms in URLs, forms, JSON and base64", () => {
    const value = 'p@ss wörd/+"\\x';
    const redactor = knowing(value);
    const bytes = Buffer.from(value);
    const forms = [
      encodeURIComponent(value),
      encodeURIComponent(value).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
      new URLSearchParams({ "": value }).toString().slice(1),
      JSON.stringify(value).slice(1, -1),
      bytes.toString("base64"),
      bytes.toString("base64url"),
    ];
    for (const form of forms) expect(redactor.text(`x=${form};`)).toBe("x=***;");
  });

  it.each(["", "u", "us", "user", "a longer user"])(
    "finds a secret in the base64 of user and password (%j)",
    (user) => {
      const password = "correct horse battery";
      const encoded = Buffer.from(`${user}:${password}@`).toString("base64");
      const masked = knowing(password).text(encoded);
      expect(masked).toContain("***");
      // What is left are at most the characters that the secret shares with its neighbours.
      const left = Buffer.from(masked.replace("***", ""), "base64").toString("latin1");
      expect(left).not.toContain("horse");
      expect(masked.length).toBeLessThan(encoded.length - 20);
    },
  );

  it("masks the longest of secrets that contain one another", () => {
    expect(knowing("pass", "password-one").text("password-one pass")).toBe("*** ***");
  });

  it("masks the password of a connection URL alone as well, decoded and as it stands", () => {
    const redactor = knowing("postgresql://me:p%40ssw0rd@db.example.com:5432/shop");
    expect(redactor.text("me / p@ssw0rd / p%40ssw0rd at db.example.com")).toBe(
      "me / *** / *** at db.example.com",
    );
  });

  it("masks the lines of a key of several lines", () => {
    const key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\nw0BAQEFAASCBKcwggSj\n-----END KEY-----\n";
    const redactor = knowing(key);
    expect(redactor.text(`at line w0BAQEFAASCBKcwggSj`)).toBe("at line ***");
    expect(redactor.text("-----BEGIN KEY-----")).toBe("-----BEGIN KEY-----");
    expect(redactor.text(key)).not.toContain("MII");
  });

  it("masks texts in objects and arrays at any depth, and keeps what has none as the same object", () => {
    const kept = { at: new Date(0), n: 1n, list: ["a", null] };
    const masked = knowing("hunter2").value({ kept, deep: [{ note: "hunter2" }] });
    expect(masked).toEqual({ kept, deep: [{ note: "***" }] });
    expect(masked.kept).toBe(kept);
  });

  it("masks message, hint, details, stack and causes of errors, and keeps their kind", () => {
    const cause = Object.assign(new TypeError("no hunter2 here"), { code: "E42" });
    const error = new MillraceError("MLR_SOURCE_DENIED", "refused hunter2", {
      hint: "not hunter2",
      details: { url: "http://x/?k=hunter2" },
      retry: "later",
      cause,
    });
    const masked = knowing("hunter2").error(error);
    expect(masked).toBeInstanceOf(MillraceError);
    expect(masked).toMatchObject({
      code: "MLR_SOURCE_DENIED",
      message: "refused ***",
      hint: "not ***",
      details: { url: "http://x/?k=***" },
      retry: "later",
      cause: { name: "TypeError", message: "no *** here", code: "E42" },
    });
    expect(masked.stack).toContain("redactor.test.ts");
    expect(masked.stack).not.toContain("hunter2");
    const other = new MillraceError("MLR_INTERNAL", "nothing");
    expect(knowing("hunter2").error(other)).toBe(other);
  });

  it("ends where an error is its own cause", () => {
    const error = new Error("hunter2");
    error.cause = error;
    expect(knowing("hunter2").error(error).message).toBe("***");
  });
});
