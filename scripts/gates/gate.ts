/** What a gate is given. */
export interface GateContext {
  /** The repository's folder, absolute. */
  readonly root: string;
  /** Mend what can be mended instead of reporting it. */
  readonly fix: boolean;
}

/** What a gate found. */
export interface GateResult {
  /** How many things (files, links, names) were looked at; a gate that looked at none fails. */
  readonly looked: number;
  /** What `looked` counts, in the plural. */
  readonly unit: string;
  /** One line, or a block of a tool's output, for each thing that has to change. Empty: the gate passes. */
  readonly problems: readonly string[];
  /** What is worth saying but fails nothing. */
  readonly notes?: readonly string[];
  /** What to do about the problems. */
  readonly hint?: string;
}

/** One thing that `npm run check` holds the repository to. */
export interface Gate {
  /** The word that selects it on the command line. */
  readonly name: string;
  /** What it makes sure of, as a short clause. */
  readonly checks: string;
  run(context: GateContext): Promise<GateResult>;
}
