import { destinationContract } from "@millrace/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  missingClickHouse,
  startClickHouse,
  type TestClickHouse,
} from "../../test/clickhouse/clickhouse-server.ts";
import { clickHouseHarness } from "../../test/clickhouse/destination-harness.ts";

const missing = missingClickHouse();

describe.skipIf(missing !== undefined)(
  `on a ClickHouse server${missing === undefined ? "" : `: ${missing}`}`,
  () => {
    let server: TestClickHouse;

    beforeAll(async () => {
      server = await startClickHouse();
    });

    afterAll(() => server.stop());

    destinationContract({
      name: "clickhouse",
      describe,
      it,
      expect,
      create: () => clickHouseHarness(server.url),
    });
  },
);
