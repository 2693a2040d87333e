/** The command that a command line names: its first word that is neither an option nor the value of `--project`. */
export function verbOf(argv: readonly string[]): string | undefined {
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    if (word === "--project" || word === "-C") at += 1;
    else if (!word.startsWith("-")) return word === "help" ? (argv[at + 1] ?? word) : word;
  }
  return undefined;
}
