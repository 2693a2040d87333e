import { describe, expect, it } from "vitest";
import { serverCode, serverError, type ErrorPlace } from "./errors.ts";

const place: ErrorPlace = {
  use: "DESTINATION",
  location: "http://h:8123/d",
  port: 8123,
  doing: 'writing table "t"',
};
const said = (text: string): Error => new Error(text);

describe("errors of ClickHouse", () => {
  it("are told by the server's number, in the words of old and of new servers", () => {
    const old = serverError(
      said(
        "Code: 241, e.displayText() = DB::Exception: Memory limit (for query) exceeded, e.what() = DB::Exception",
      ),
      place,
    );
    const now = serverError(
      said(
        "Code: 241. DB::Exception: Memory limit (for query) exceeded. (MEMORY_LIMIT_EXCEEDED) (version 25.3.2.39)",
      ),
      place,
    );
    for (const error of [old, now]) {
      expect(error).toMatchObject({ code: "MLR_DESTINATION_UNAVAILABLE", retry: "later" });
      expect(error.message).toContain('writing table "t": Memory limit (for query) exceeded');
      expect(error.message).not.toContain("e.what()");
      expect(error.hint).toContain("max_memory_usage");
      expect(serverCode(error)).toBe(241);
    }
  });

  it("name full disks, missing permissions, read-only users and wrong passwords", () => {
    const code = (number: number): string =>
      serverError(said(`Code: ${number}, DB::Exception: x`), place).code;
    expect([243, 497, 164, 193, 516, 62].map(code)).toEqual([
      "MLR_DESTINATION_FULL",
      "MLR_DESTINATION_PERMISSION",
      "MLR_DESTINATION_READ_ONLY",
      "MLR_DESTINATION_PERMISSION",
      "MLR_DESTINATION_PERMISSION",
      "MLR_DESTINATION_FAILED",
    ]);
  });

  it("tell the HTTP port where the native one was given", () => {
    const refused = Object.assign(said("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    expect(serverError(refused, { ...place, port: 9000 }).hint).toContain("8123");
    const native = serverError(said("Port 9000 is for clickhouse-client program."), { ...place, port: 9000 });
    expect(native).toMatchObject({ code: "MLR_DESTINATION_UNAVAILABLE", retry: "never" });
    expect(native.hint).toContain("8123");
  });

  it("are those of a database where it is used as one", () => {
    const of = (text: string): string => serverError(said(text), { ...place, use: "DATABASE" }).code;
    expect(of("Code: 60, DB::Exception: Table x.y doesn't exist.")).toBe("MLR_DATABASE_FAILED");
    expect(of("Timeout error.")).toBe("MLR_DATABASE_UNAVAILABLE");
  });
});
