import path from "node:path";

/** The repository's folder, absolute. */
export const repositoryRoot = path.resolve(import.meta.dirname, "..");
