export { createBackup, type CreateBackup, type CreatedBackup } from "./create-backup.ts";
export type { Manifest } from "./manifest.ts";
export type { MissingFile, ProjectPlace, RestoredFile } from "./project-files.ts";
export { restoreBackup, type RestoreBackup, type RestoredBackup } from "./restore-backup.ts";
export { verifyBackup, type VerifiedBackup, type WrongTable } from "./verify-backup.ts";
export { checkUpgrade, type UpgradeCheck, type WorkerVersion } from "../upgrade/check-upgrade.ts";
export { embeddedMajor, type EmbeddedMajor } from "../upgrade/embedded-major.ts";
