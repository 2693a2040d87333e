import type { SqlSyntax } from "./sql-syntax.ts";

/** Before these words (or `;`, `:` and the beginning) a statement of a stored program can begin. */
const BEFORE_STATEMENT = new Set([
  "",
  ";",
  ":",
  "BEGIN",
  "ATOMIC",
  "THEN",
  "ELSE",
  "DO",
  "LOOP",
  "REPEAT",
  "ROW",
]);
const LOOPS = new Set(["IF", "LOOP", "WHILE", "REPEAT", "FOR"]);
const ROUTINES = new Set(["PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "PACKAGE"]);

/** Follows the words of one statement and tells whether a `;` lies within a body, where it does not end the statement. */
export class ProgramDepth {
  readonly #bodies: SqlSyntax["bodies"];
  #depth = 0;
  #words = 0;
  #creates = false;
  #program = false;
  #before = "";

  constructor(bodies: SqlSyntax["bodies"]) {
    this.#bodies = bodies;
  }

  /** A body has begun and not ended. */
  get within(): boolean {
    return this.#depth > 0;
  }

  /** The next word or symbol, in upper case. */
  next(word: string): void {
    if (this.#bodies === "none") return;
    this.#words++;
    if (this.#words === 1) this.#creates = word === "CREATE";
    if (this.#bodies === "atomic") this.#atomic(word);
    else this.#programs(word);
    this.#before = word;
  }

  #atomic(word: string): void {
    if (this.#creates && word === "ATOMIC" && this.#before === "BEGIN") this.#depth++;
    else if (this.#depth > 0 && word === "CASE") this.#depth++;
    else if (this.#depth > 0 && word === "END") this.#depth--;
  }

  #programs(word: string): void {
    // Of a table or view nothing is followed: there BEGIN or IF may be names.
    if (this.#creates && ROUTINES.has(word)) this.#program = true;
    if (this.#words === 2 && word === "NOT" && this.#before === "BEGIN") {
      this.#program = true;
      this.#depth = 1;
    }
    if (!this.#program || this.#before === "END") return;
    if (word === "END") this.#depth = Math.max(0, this.#depth - 1);
    else if (word === "BEGIN" || word === "CASE") this.#depth++;
    else if (LOOPS.has(word) && this.#beginsStatement(word)) this.#depth++;
  }

  #beginsStatement(word: string): boolean {
    // FOR EACH ROW is no loop, and IF EXISTS no condition.
    if (word === "FOR") return BEFORE_STATEMENT.has(this.#before) && this.#depth > 0;
    return this.#words > 1 && BEFORE_STATEMENT.has(this.#before);
  }
}
