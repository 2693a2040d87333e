import { MillraceError } from "../../errors.ts";
import type { QuestionKind, TableAnswer, TableInquiry } from "../../quality/table-question.ts";
import { expectFailure } from "./expect-counts.ts";
import type { ContractContext, World } from "./tools.ts";

/** Looking at tables before a commit is final. Where the destination cannot be asked, there is nothing to check. */
export function verifyChecks(context: ContractContext): void {
  const { check, expect, plain } = context;
  const asks = ({ destination }: World, ...kinds: readonly QuestionKind[]): boolean =>
    kinds.every((kind) => destination.capabilities.checks?.questions.includes(kind) === true);
  const before = ({ destination }: World): boolean =>
    destination.capabilities.checks?.when === "before-commit";
  const t = { name: "t" };
  const about = (question: TableInquiry["question"], samples = 5): TableInquiry => ({
    table: t,
    question,
    samples,
  });

  check("shows the table as it will be, with the rows of the commit", async (world) => {
    if (!asks(world, "count")) return;
    const pipeline = await world.open();
    await pipeline.table("t", plain);
    await pipeline.write("t", [{ id: 1 }]);
    await pipeline.commit();
    await pipeline.write("t", [{ id: 2 }, { id: 3 }]);
    const answers: (TableAnswer | undefined)[] = [];
    await pipeline.commit({
      verify: async (ask) => void answers.push(await ask(about({ ask: "count" }))),
    });
    expect(answers.map((answer) => answer?.count)).toEqual([3]);
  });

  check("lands nothing of a commit that a check refuses, and goes on in another session", async (world) => {
    if (!asks(world, "count") || !before(world)) return;
    const pipeline = await world.open();
    await pipeline.table("t", plain);
    await pipeline.write("t", [{ id: 1 }]);
    await pipeline.commit({ checkpoints: { a: 1 } });
    await pipeline.write("t", [{ id: 2, more: "column" }]);
    const refused = pipeline.commit({
      checkpoints: { a: 2 },
      verify: async () => {
        throw new MillraceError("MLR_QUALITY_FAILED", "no");
      },
    });
    await expectFailure(context, refused, "MLR_QUALITY_FAILED");
    await pipeline.close();
    await world.expectRows([{ id: 1 }]);
    const again = await world.open();
    expect(again.session.recovered.checkpoints.get("a")).toBe(1);
    expect(again.session.recovered.lastCommit).toBe(1n);
    await again.table("t", plain);
    await again.write("t", [{ id: 3 }]);
    await again.commit();
    await world.expectRows([{ id: 1 }, { id: 3 }]);
  });

  check("finds rows with equal values, and leaves nulls out", async (world) => {
    if (!asks(world, "duplicates")) return;
    const pipeline = await world.open();
    await pipeline.table("t", plain);
    await pipeline.write("t", [
      { id: 1, a: "x", b: 1 },
      { id: 2, a: "x", b: 2 },
      { id: 3, a: "y", b: 1 },
      { id: 4, a: "x", b: 1 },
      { id: 5, a: null, b: 1 },
      { id: 6, a: null, b: 1 },
    ]);
    const answers: (TableAnswer | undefined)[] = [];
    await pipeline.commit({
      verify: async (ask) => {
        answers.push(await ask(about({ ask: "duplicates", columns: ["a"] }, 1)));
        answers.push(await ask(about({ ask: "duplicates", columns: ["a", "b"] })));
        answers.push(await ask(about({ ask: "duplicates", columns: ["id"] })));
      },
    });
    expect(answers.map((answer) => answer?.count)).toEqual([3, 2, 0]);
    expect(answers.map((answer) => answer?.samples.length)).toEqual([1, 2, 0]);
    expect(answers[1]?.samples.map(({ a, b }) => [a, b])).toEqual([
      ["x", "1"],
      ["x", "1"],
    ]);
  });

  check("finds rows that refer to nothing in a table of the same commit", async (world) => {
    if (!asks(world, "orphans")) return;
    const pipeline = await world.open();
    await pipeline.table("t", plain);
    await pipeline.table("codes", plain);
    await pipeline.write("codes", [{ id: 7 }, { id: 8 }]);
    await pipeline.write("t", [
      { id: 1, code: 7 },
      { id: 2, code: 9 },
      { id: 3, code: null },
    ]);
    const answers: (TableAnswer | undefined)[] = [];
    const references = { table: "codes", columns: ["id"] };
    await pipeline.commit({
      verify: async (ask) =>
        void answers.push(await ask(about({ ask: "orphans", columns: ["code"], references }))),
    });
    expect(answers[0]?.count).toBe(1);
    expect(answers[0]?.samples.map(({ code }) => code)).toEqual(["9"]);
  });

  check("tells the newest time", async (world) => {
    if (!asks(world, "newest")) return;
    const pipeline = await world.open();
    await pipeline.table("t", { ...plain, columns: { at: "timestamptz", day: "date", none: "date" } });
    await pipeline.write("t", [
      { id: 1, at: "2026-11-22T10:00:00+01:00", day: "2026-11-21" },
      { id: 2, at: "2026-11-22T08:30:00Z", day: "2026-11-22" },
    ]);
    const answers: (TableAnswer | undefined)[] = [];
    await pipeline.commit({
      verify: async (ask) => {
        for (const column of ["at", "day", "none"]) answers.push(await ask(about({ ask: "newest", column })));
      },
    });
    expect(answers.map((answer) => answer?.newest)).toEqual([
      "2026-11-22T09:00:00.000Z",
      "2026-11-22T00:00:00.000Z",
      null,
    ]);
  });

  check(
    "answers about tables that the commit does not touch, and says which there are not",
    async (world) => {
      if (!asks(world, "count")) return;
      const first = await world.open();
      await first.table("t", plain);
      await first.write("t", [{ id: 1 }]);
      await first.commit({ final: true });
      await first.close();
      const second = await world.open();
      await second.table("u", plain);
      await second.write("u", [{ id: 1 }]);
      const answers: (TableAnswer | undefined)[] = [];
      await second.commit({
        verify: async (ask) => {
          answers.push(await ask(about({ ask: "count" })));
          answers.push(await ask({ ...about({ ask: "count" }), table: { name: "nothing" } }));
        },
      });
      expect(answers.map((answer) => answer?.count)).toEqual([1, undefined]);
    },
  );

  check("answers SQL on tables without their namespace, which may be refused", async (world) => {
    if (!asks(world, "sql")) return;
    const pipeline = await world.open();
    await pipeline.table("t", plain);
    await pipeline.write("t", [{ id: 1 }, { id: 2 }, { id: 3 }]);
    const answers: (TableAnswer | undefined)[] = [];
    const failures: unknown[] = [];
    await pipeline.commit({
      verify: async (ask) => {
        answers.push(await ask(about({ ask: "sql", statement: "SELECT id FROM t WHERE id > 1" }, 1)));
        answers.push(await ask(about({ ask: "sql", statement: "SELECT id FROM t WHERE id > 3" })));
        for (const statement of [
          "SELECT * FROM nothing_like_it",
          "DELETE FROM t WHERE id > 0",
          "DROP TABLE t",
        ]) {
          await ask(about({ ask: "sql", statement })).catch((error: unknown) => failures.push(error));
        }
      },
    });
    expect(answers.map((answer) => answer?.count)).toEqual([2, 0]);
    expect(answers.map((answer) => answer?.samples.length)).toEqual([1, 0]);
    expect(failures.length).toBe(3);
    await world.expectRows([{ id: 1 }, { id: 2 }, { id: 3 }]);
  });

  check("does the commit no harm with a question that is refused", async (world) => {
    if (!asks(world, "count", "orphans")) return;
    const pipeline = await world.open();
    await pipeline.table("t", plain);
    await pipeline.write("t", [{ id: 1 }]);
    const references = { table: "nothing_like_it", columns: ["id"] };
    const failures: unknown[] = [];
    await pipeline.commit({
      verify: async (ask) => {
        await ask(about({ ask: "orphans", columns: ["id"], references })).catch((error: unknown) =>
          failures.push(error),
        );
        await ask(about({ ask: "count" }));
      },
    });
    expect(failures.length).toBe(1);
    await world.expectRows([{ id: 1 }]);
  });

  check(
    "shows what a table that is replaced will hold",
    async (world) => {
      if (!asks(world, "count", "duplicates")) return;
      const pipeline = await world.open();
      await pipeline.table("t", { mode: "replace" });
      await pipeline.read("t", [{ a: 1 }, { a: 1 }]);
      await pipeline.commit();
      await pipeline.read("t", [{ a: 1 }, { a: 2 }, { a: 3 }]);
      const answers: (TableAnswer | undefined)[] = [];
      await pipeline.commit({
        verify: async (ask) => {
          answers.push(await ask(about({ ask: "count" })));
          answers.push(await ask(about({ ask: "duplicates", columns: ["a"] })));
        },
      });
      expect(answers.map((answer) => answer?.count)).toEqual([3, 0]);
      await world.expectRows([{ a: 1 }, { a: 2 }, { a: 3 }]);
    },
    "replace",
  );

  check(
    "looks at the last snapshot alone",
    async (world) => {
      if (!asks(world, "duplicates")) return;
      const pipeline = await world.open();
      await pipeline.table("t", { mode: "snapshot", key: ["id"] });
      await pipeline.read("t", [{ id: 1, a: "x" }]);
      await pipeline.commit({ readAt: Date.UTC(2026, 0, 1) });
      await pipeline.read("t", [{ id: 2, a: "x" }]);
      const answers: (TableAnswer | undefined)[] = [];
      await pipeline.commit({
        readAt: Date.UTC(2026, 0, 2),
        verify: async (ask) => {
          answers.push(await ask(about({ ask: "duplicates", columns: ["a"] })));
          answers.push(await ask(about({ ask: "count" })));
        },
      });
      expect(answers.map((answer) => answer?.count)).toEqual([0, 1]);
    },
    "snapshot",
  );
}
