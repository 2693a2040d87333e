import type { ModuleImport } from "./module-imports.ts";

/** A package of the workspace, or the workspace's root for what lies outside of them. */
export interface WorkspacePackage {
  readonly name: string;
  /** Folder relative to the root, forward slashes, without a slash at the end; empty for the root. */
  readonly folder: string;
  /** What its users get: dependencies, peers and optional dependencies. */
  readonly dependencies: ReadonlySet<string>;
  readonly devDependencies: ReadonlySet<string>;
}

/** A TypeScript file: its path relative to the root, forward slashes, and what it imports. */
export interface SourceModule {
  readonly path: string;
  readonly imports: readonly ModuleImport[];
}

/** Everything that the rules look at. */
export interface Workspace {
  readonly packages: readonly WorkspacePackage[];
  readonly modules: readonly SourceModule[];
}
