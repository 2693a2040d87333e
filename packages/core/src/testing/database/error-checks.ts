import { inspect } from "node:util";
import { rejection, type DatabaseCheck, type DatabaseContractOptions } from "./tools.ts";

const SECRET = "contract-secret";

/** What goes wrong has a code, says whether trying again can help, and shows no password. */
export function errorChecks(options: DatabaseContractOptions, check: DatabaseCheck): void {
  const { expect, it } = options;

  check("says what the database refused and where, once and for all", async (database) => {
    for (const wrong of ["SELEC 1", "SELECT * FROM contract_nowhere"]) {
      for (const run of [() => database.query(wrong), () => database.execute(wrong)]) {
        const error = await rejection(run());
        expect(error["code"], wrong).toBe("MLR_DATABASE_FAILED");
        expect(error["retry"], wrong).toBe("never");
        expect(String(error["message"]).includes(database.location), String(error["message"])).toBe(true);
      }
    }
  });

  check("shows where it is without a password", async (database) => {
    expect(database.location.includes("://") && !database.location.includes("@"), database.location).toBe(
      true,
    );
  });

  it("fails with an error that may pass, and without the password, where nobody answers", async () => {
    const error = await rejection(options.unreachable());
    expect(error["code"]).toBe("MLR_DATABASE_UNAVAILABLE");
    expect(error["retry"]).toBe("later");
    expect(everything(error).includes(SECRET), "the password is told").toBe(false);
  });

  const { denied } = options;
  if (denied === undefined) return;
  it("fails for good, and without the password, where it is wrong", async () => {
    const error = await rejection(denied());
    expect(String(error["code"]).startsWith("MLR_DATABASE_"), String(error["code"])).toBe(true);
    expect(error["retry"]).toBe("never");
    expect(everything(error).includes(SECRET), "the password is told").toBe(false);
  });
}

/** All that a logger could show of an error. */
function everything(error: unknown): string {
  return `${inspect(error, { depth: 12, showHidden: true })} ${JSON.stringify(error)}`;
}
