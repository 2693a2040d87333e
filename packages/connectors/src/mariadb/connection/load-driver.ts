import { MillraceError } from "@millrace/core";

/** The package `mariadb`, which is loaded on first use. Fails with MLR_DRIVER_MISSING where it is not installed. */
export async function loadDriver(): Promise<typeof import("mariadb")> {
  try {
    return await import("mariadb");
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    if (!missing) throw error;
    throw new MillraceError(
      "MLR_DRIVER_MISSING",
      "mariadb() needs the package mariadb, which is not installed",
      {
        hint: "Install it: npm install mariadb",
        cause: error,
      },
    );
  }
}
