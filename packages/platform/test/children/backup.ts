import { dirname } from "node:path";
import { createBackup } from "../../src/backup/index.ts";

// Makes a backup: `node backup.ts <file> <url of the control database>`.
const [, , path = "", controlUrl = ""] = process.argv;
const root = dirname(path);
await createBackup({
  path,
  controlUrl,
  project: { root, dataDirectory: `${root}/data` },
  variables: [],
  version: "0.0.0",
});
