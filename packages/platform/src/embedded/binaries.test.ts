import { chmod, cp, link, mkdir, readdir, stat, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeFolder, temporaryFolder } from "../../test/temporary.ts";
import { isRoot, serverAccount } from "./account.ts";
import { findBinaries } from "./binaries.ts";

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => removeFolder(folder));

/** A package as npm unpacks it when install scripts do not run: without links. Libraries are hard links, to be quick. */
async function packageWithoutLinks(): Promise<{ root: string; version: string }> {
  const { postgres } = await findBinaries(folder, undefined);
  const native = dirname(dirname(postgres));
  const root = join(folder, "package");
  await cp(join(native, "bin"), join(root, "native", "bin"), { recursive: true });
  await cp(join(native, "pg-symlinks.json"), join(root, "native", "pg-symlinks.json"));
  await mkdir(join(root, "native", "lib"));
  for (const entry of await readdir(join(native, "lib"), { withFileTypes: true })) {
    const [from, to] = [join(native, "lib", entry.name), join(root, "native", "lib", entry.name)];
    if (entry.isFile() && entry.name.includes(".so")) await link(from, to).catch(() => cp(from, to));
  }
  return { root, version: "1" };
}

describe.skipIf(process.platform !== "linux")("findBinaries", () => {
  it("makes the links that the install script did not make", async () => {
    const installed = await packageWithoutLinks();
    const binaries = await findBinaries(folder, undefined, installed);
    expect(binaries.postgres).toBe(join(installed.root, "native", "bin", "postgres"));
    expect(binaries.major).toBe("18");
    await expect(stat(join(folder, `programs-${installed.version}`))).rejects.toMatchObject({
      code: "ENOENT",
    });
  });

  it("makes programs executable that are not", async () => {
    const installed = await packageWithoutLinks();
    await chmod(join(installed.root, "native", "bin", "initdb"), 0o644);
    const { initdb } = await findBinaries(folder, undefined, installed);
    expect((await stat(initdb)).mode & 0o111).not.toBe(0);
  });

  it.skipIf(!isRoot())("uses a copy when the server's account cannot read the package", async () => {
    const installed = await packageWithoutLinks();
    await chmod(installed.root, 0o700);
    const account = await serverAccount(folder);
    const binaries = await findBinaries(folder, account, installed);
    expect(binaries.initdb).toBe(join(folder, "programs-1", "native", "bin", "initdb"));
    expect(await findBinaries(folder, account, installed)).toEqual(binaries);
  });

  it.skipIf(isRoot())("uses a copy when the package's folder is read-only", async () => {
    const installed = await packageWithoutLinks();
    const lib = join(installed.root, "native", "lib");
    await chmod(lib, 0o555);
    try {
      const binaries = await findBinaries(folder, undefined, installed);
      expect(binaries.initdb).toBe(join(folder, "programs-1", "native", "bin", "initdb"));
    } finally {
      await chmod(lib, 0o755);
    }
  });

  it("explains what is wrong with programs that do not run", async () => {
    const root = join(folder, "broken");
    await mkdir(join(root, "native", "bin"), { recursive: true });
    for (const name of ["initdb", "postgres", "pg_ctl"]) {
      await symlink("/nowhere", join(root, "native", "bin", name));
    }
    await expect(findBinaries(folder, undefined, { root, version: "0" })).rejects.toMatchObject({
      code: "MLR_DATABASE_START",
      hint: expect.stringContaining("MILLRACE_DATABASE_URL"),
    });
  });
});
