import { expect, test } from "vitest";
import { secretsMask } from "./mask-secrets.ts";

test("values of settings that are named like secrets are masked, wherever they are", () => {
  const mask = secretsMask([
    {
      user: "anna",
      api_token: "abc12345",
      nested: { client: [{ clientSecret: "s3cr/et+" }] },
      pin_password: 9876,
    },
    { AWS_SECRET_ACCESS_KEY: "line one\nline two" },
  ]);
  expect(mask("anna abc12345 s3cr/et+ s3cr%2Fet%2B 9876 line two")).toBe("anna *** *** *** *** ***");
});

test("passwords in URLs are masked, and short or empty values are not", () => {
  const mask = secretsMask([{ url: "postgresql://me:geheim@host/db", password: "", token: "a" }]);
  expect(mask("cannot reach postgresql://me:geheim@host/db at all")).toBe(
    "cannot reach postgresql://me:***@host/db at all",
  );
});
