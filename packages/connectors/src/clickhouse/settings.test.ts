import { describe, expect, it } from "vitest";
import { createClickHouseTarget } from "./clickhouse-target.ts";
import { clickhouseOptions, type ClickHouseOptions, type ResolvedClickHouseOptions } from "./options.ts";
import { serverSettings } from "./settings.ts";

const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("unused")) };
const settings = (
  options: ClickHouseOptions,
  values: Record<string, string> = {},
): ReturnType<typeof serverSettings> =>
  serverSettings(clickhouseOptions.parse(options) as ResolvedClickHouseOptions, {
    ...environment,
    setting: (name) => values[name],
  });

describe("where ClickHouse is", () => {
  it("is localhost, port 8123 and database default where nothing is said", () => {
    expect(settings({})).toMatchObject({
      location: "http://localhost:8123/default",
      user: "default",
      password: "",
    });
  });

  it("comes from options before the URL before settings", () => {
    const values = {
      CLICKHOUSE_HOST: "s",
      CLICKHOUSE_USER: "su",
      CLICKHOUSE_PASSWORD: "sp",
      CLICKHOUSE_DATABASE: "sd",
    };
    expect(settings({}, values)).toMatchObject({
      url: "http://s:8123",
      user: "su",
      password: "sp",
      database: "sd",
    });
    const url = "https://u:p%40ss@h/d";
    expect(settings({ url, database: "o" }, values)).toMatchObject({
      url: "https://h:8443",
      user: "u",
      password: "p@ss",
      database: "o",
    });
  });

  it("is shown without the password", () => {
    const { location } = settings({ url: "http://u:secret@h:8123/d" });
    expect(location).toBe("http://h:8123/d");
  });

  it("refuses a port that is none, and options that there are not", () => {
    expect(() => settings({}, { CLICKHOUSE_PORT: "x" })).toThrow(
      expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }),
    );
    expect(() => createClickHouseTarget({ hots: "x" } as ClickHouseOptions)).toThrow(
      expect.objectContaining({ code: "MLR_OPTION_UNKNOWN" }),
    );
  });
});
