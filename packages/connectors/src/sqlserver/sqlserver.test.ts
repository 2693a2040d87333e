import { describe, expect, it } from "vitest";
import { connectionSettings, locationOf } from "./connection/connection-settings.ts";
import { driverConfig } from "./connection/driver-config.ts";
import { convert, convertsInPlace } from "./dialect/conversions.ts";
import { equal, literal } from "./dialect/sqlserver-dialect.ts";
import { sqlServerError } from "./errors.ts";
import { sqlserver } from "./index.ts";
import { type ResolvedSqlServerOptions, sqlserverOptions, type SqlServerOptions } from "./options.ts";
import { quoteLiteral, quoteName, splitName } from "./quote.ts";
import { parametersOf } from "./wire/parameter.ts";

function settings(options: SqlServerOptions): ReturnType<typeof connectionSettings> {
  return connectionSettings(sqlserverOptions.parse(options) as ResolvedSqlServerOptions);
}

describe("options", () => {
  it("come from the URL, and others win over it", () => {
    const url = "mssql://sa:p%40ss%3Aword@db.example:1444/sales?trustServerCertificate=true";
    expect(settings({ url })).toMatchObject({
      server: "db.example",
      port: 1444,
      database: "sales",
      user: "sa",
      password: "p@ss:word",
      encrypt: true,
      trustServerCertificate: true,
    });
    expect(settings({ url, database: "other", encrypt: false })).toMatchObject({
      database: "other",
      encrypt: false,
    });
    expect(settings({ url: "sqlserver://u:p@[::1]/x?encrypt=strict" })).toMatchObject({
      server: "::1",
      encrypt: "strict",
    });
    expect(settings({ url: "mssql://u:p@host?instanceName=SQLEXPRESS" })).toMatchObject({
      instanceName: "SQLEXPRESS",
    });
  });

  it("encrypt and check certificates by default", () => {
    const config = driverConfig(settings({ server: "host", user: "u", password: "p" }), "millrace");
    expect(config.options).toMatchObject({
      encrypt: true,
      trustServerCertificate: false,
      port: 1433,
      requestTimeout: 0,
    });
  });

  it.each([
    [{ type: "azure-default" }, "azure-active-directory-default"],
    [{ type: "azure-managed-identity", clientId: "c" }, "azure-active-directory-msi-vm"],
    [
      { type: "azure-service-principal", clientId: "c", clientSecret: "s", tenantId: "t" },
      "azure-active-directory-service-principal-secret",
    ],
    [{ type: "azure-token", token: "t" }, "azure-active-directory-access-token"],
  ] as const)("log in to Azure by %o without a user", (authentication, type) => {
    expect(
      driverConfig(settings({ server: "x.database.windows.net", authentication }), "m").authentication?.type,
    ).toBe(type);
  });

  it.each([
    [{}, /says where to connect/],
    [{ server: "h" }, /no user is given/],
    [{ server: "h", user: "u", port: 1, instanceName: "i" }, /contradict each other/],
    [{ url: "mssql://u:secret@host/db?encript=true" }, /unknown parameter "encript"/],
    [{ url: "mssql://u:se%cret@host/db" }, /escape/],
    [{ url: "mssql://u:secret@host:99999/db" }, /no URL/],
    [{ url: "mssql://u:secret@host/db?encrypt=perhaps" }, /neither true nor false/],
  ] as const)("are refused before anything connects: %o", (options, message) => {
    let error: unknown;
    try {
      sqlserver(options);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "MLR_ARGUMENT_INVALID", message: expect.stringMatching(message) });
    expect(JSON.stringify(error)).not.toContain("secret");
  });

  it("refuse names that do not exist, and values that are no URL", () => {
    expect(() => sqlserver({ servr: "h" } as SqlServerOptions)).toThrow(
      expect.objectContaining({ code: "MLR_OPTION_UNKNOWN" }),
    );
    expect(() => sqlserver({ url: "postgresql://x" })).toThrow(/mssql:\/\//);
  });

  it("show where the database is without its password", () => {
    expect(locationOf(settings({ url: "mssql://u:secret@host/db" }))).toBe("mssql://host:1433/db");
    expect(locationOf(settings({ server: "h", instanceName: "I", user: "u" }))).toBe("mssql://h\\I");
  });
});

describe("names and literals", () => {
  it("are safe whatever they hold", () => {
    expect(quoteName("a]b[c'd\"e")).toBe("[a]]b[c'd\"e]");
    expect(quoteLiteral("it's; DROP")).toBe("N'it''s; DROP'");
    expect(() => quoteName("")).toThrow(/cannot be a name/);
    expect(() => quoteName("x".repeat(129))).toThrow(/129 characters/);
    expect(splitName("dbo.orders")).toEqual(["dbo", "orders"]);
    expect(splitName("[my schema].[a.b]]c]")).toEqual(["my schema", "a.b]c"]);
    expect(() => splitName("a..b.c.d.e")).toThrow(/no name/);
  });

  it("keep every bit of numbers", () => {
    expect([literal(5), literal(-0.1), literal(1e21), literal(2n ** 63n - 1n)]).toEqual([
      "5",
      "-1e-1",
      "1e+21",
      "9223372036854775807",
    ]);
    expect([literal(true), literal(null), literal(new Uint8Array([1, 255]))]).toEqual([
      "1",
      "NULL",
      "0x01ff",
    ]);
  });

  it("compare keys of text by every character, also by spaces at their end", () => {
    expect(equal("a.[k]", "b.[k]", { kind: "text" })).toBe(
      "(a.[k] = b.[k] COLLATE Latin1_General_100_BIN2 AND DATALENGTH(a.[k]) = DATALENGTH(b.[k]))",
    );
    expect(equal("a", "b", { kind: "integer" })).toBe("a = b");
  });
});

describe("values of statements", () => {
  it("are 2,098 at most", () => {
    expect(parametersOf(Array.from({ length: 2098 }, () => 1)).length).toBe(2098);
    expect(() => parametersOf(Array.from({ length: 2099 }, () => 1))).toThrow(/at most 2098/);
  });

  it.each([Number.NaN, Symbol("x"), 10n ** 39n, new Date(Number.NaN)])(
    "are refused where there is no type: %s",
    (value) => {
      expect(() => parametersOf([value])).toThrow(expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }));
    },
  );
});

describe("conversions of columns", () => {
  const kept = (kind: string, form: "native" | "text" = "native"): Parameters<typeof convertsInPlace>[0] =>
    ({
      type: kind === "numeric(5,0)" ? { kind: "numeric", precision: 5, scale: 0 } : { kind },
      form,
      place: { keyColumns: 0 },
    }) as never;

  it.each([
    ["integer", "bigint", true],
    ["integer", "numeric", true],
    ["integer", "double", true],
    ["bigint", "double", false],
    ["bigint", "integer", false],
    ["bigint", "text", true],
    ["real", "double", true],
    ["double", "text", false],
    ["numeric", "text", false],
    ["numeric(5,0)", "text", true],
    ["date", "timestamp", true],
    ["timestamp", "text", false],
    ["boolean", "text", false],
    ["integer", "json", true],
  ])("from %s to %s are done by the server: %s", (from, to, expected) => {
    expect(convertsInPlace(kept(from), kept(to))).toBe(expected);
  });

  it.each([
    ["boolean", "CASE x WHEN 1 THEN N'true' WHEN 0 THEN N'false' END"],
    ["date", "CONVERT(nvarchar(10), x, 23)"],
    ["uuid", "LOWER(CONVERT(nvarchar(36), x))"],
    ["bytea", "N'\\x' + LOWER(CONVERT(nvarchar(max), x, 2))"],
    ["double", undefined],
  ])("from %s to text have an expression where the server writes it the same", (from, expected) => {
    expect(convert("x", kept(from), kept("text"))).toBe(expected);
  });
});

describe("errors", () => {
  const thrown = (number: number, more: object = {}): Error =>
    Object.assign(new Error("said"), { code: "EREQUEST", number, class: 16, ...more });

  it.each([
    [1205, "MLR_DESTINATION_CONFLICT", "later"],
    [1222, "MLR_DESTINATION_CONFLICT", "later"],
    [2627, "MLR_DESTINATION_CONFLICT", "later"],
    [40501, "MLR_DESTINATION_UNAVAILABLE", "later"],
    [10928, "MLR_DESTINATION_UNAVAILABLE", "later"],
    [40613, "MLR_DESTINATION_UNAVAILABLE", "later"],
    [701, "MLR_DESTINATION_UNAVAILABLE", "later"],
    [9002, "MLR_DESTINATION_FULL", "later"],
    [1105, "MLR_DESTINATION_FULL", "later"],
    [3906, "MLR_DESTINATION_READ_ONLY", "never"],
    [229, "MLR_DESTINATION_PERMISSION", "never"],
    [18456, "MLR_DESTINATION_PERMISSION", "never"],
    [40615, "MLR_DESTINATION_PERMISSION", "never"],
    [4060, "MLR_DESTINATION_FAILED", "never"],
    [547, "MLR_ROW_INVALID", "never"],
    [515, "MLR_ROW_INVALID", "never"],
    [2628, "MLR_ROW_INVALID", "never"],
    [1946, "MLR_ROW_INVALID", "never"],
    [208, "MLR_SCHEMA_MISMATCH", "never"],
    [1702, "MLR_SCHEMA_INVALID", "never"],
    [102, "MLR_DESTINATION_FAILED", "never"],
  ])("of number %i are %s, to be tried again: %s", (number, code, retry) => {
    expect(sqlServerError(thrown(number), "writing")).toMatchObject({ code, retry, details: { number } });
  });

  it("of a database that is used have that side's codes; a broken unique key is not tried again", () => {
    expect(sqlServerError(thrown(1205), "asking", "database")).toMatchObject({
      code: "MLR_DATABASE_FAILED",
      retry: "later",
    });
    expect(sqlServerError(thrown(2627), "asking", "database")).toMatchObject({
      code: "MLR_DATABASE_FAILED",
      retry: "never",
    });
    expect(sqlServerError(thrown(40501), "asking", "database").code).toBe("MLR_DATABASE_UNAVAILABLE");
  });

  it("of severity 20 and above mean that the connection is gone", () => {
    expect(sqlServerError(thrown(99_999, { class: 20 }), "asking")).toMatchObject({
      code: "MLR_DESTINATION_UNAVAILABLE",
    });
  });

  it("of certificates say what can be done", () => {
    const error = Object.assign(new Error("Failed to connect: self-signed certificate"), { code: "ESOCKET" });
    expect(sqlServerError(error, "connecting").hint).toContain("trustServerCertificate");
  });
});
