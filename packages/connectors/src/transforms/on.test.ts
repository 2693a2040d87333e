import { transformContext } from "@millrace/core/testing";
import { describe, expect, it } from "vitest";
import { dedupe } from "./dedupe.ts";
import { filter } from "./filter.ts";
import { on } from "./on.ts";
import { apply } from "./test/apply.ts";

describe("on", () => {
  it("applies a transform to one stream and lets the others pass", async () => {
    const transform = on(
      "t",
      filter(() => false),
    );
    expect((await apply(transform, [{ a: 1 }])).batches[0]?.rows).toEqual([]);
    expect((await apply(transform, [{ a: 1 }], { stream: "u" })).batches[0]?.rows).toEqual([{ a: 1 }]);
  });

  it("holds, flushes and closes as the transform does", async () => {
    const transform = on("t", dedupe({ key: "a", keep: "last" }));
    expect(transform.holds).toBe("commit");
    await apply(transform, [{ a: 1 }]);
    const context = transformContext();
    expect(await transform.flush?.(context)).toEqual([{ stream: "t", rows: [{ a: 1 }] }]);
    await transform.close?.();
  });
});
