/** What can be completed behind one command. */
export interface CompletionWords {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly { readonly flag: string; readonly summary: string }[];
  readonly subcommands: readonly string[];
  /** Names of the project's pipelines as well, asked for when they are needed. */
  readonly pipelines: boolean;
}

/** Shell → its completion script. */
export const SHELLS: Readonly<Record<string, (commands: readonly CompletionWords[]) => string>> = {
  bash,
  zsh,
  fish,
};

const NAMES = "millrace list --names 2>/dev/null";

function bash(commands: readonly CompletionWords[]): string {
  const cases = commands.map((command) => {
    const words = [...command.subcommands, ...command.options.map((option) => option.flag), "--help"].join(
      " ",
    );
    const names = command.pipelines ? `\n      [[ $current == -* ]] || words="$(${NAMES})"` : "";
    return `    ${command.name})\n      words="${words}"${names}\n      ;;`;
  });
  return `# bash completion for millrace
_millrace() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${commands.map((command) => command.name).join(" ")} help --help --version" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _millrace millrace
`;
}

function zsh(commands: readonly CompletionWords[]): string {
  const cases = commands.map((command) => {
    const options = command.options.map(
      (option) => `      ${quoted(`${option.flag}[${bracketed(option.summary)}]`)}`,
    );
    const rest = command.pipelines
      ? `      '*:pipeline:_millrace_pipelines'`
      : command.subcommands.length > 0
        ? `      '*:command:(${command.subcommands.join(" ")})'`
        : `      '*:file:_files'`;
    return `    ${command.name})\n      _arguments ${["", ...options, rest].join(" \\\n")}\n      ;;`;
  });
  return `#compdef millrace
_millrace_pipelines() {
  local -a names
  names=(\${(f)"$(${NAMES})"})
  compadd -a names
}
_millrace() {
  local -a commands
  commands=(
${commands.map((command) => `    ${quoted(`${command.name}:${command.summary}`)}`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
${cases.join("\n")}
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _millrace "$@"
else
  compdef _millrace millrace
fi
`;
}

function fish(commands: readonly CompletionWords[]): string {
  const lines = commands.flatMap((command) => {
    const behind = `-n "__fish_seen_subcommand_from ${command.name}"`;
    return [
      `complete -c millrace -f -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.summary)}`,
      ...command.subcommands.map((word) => `complete -c millrace -f ${behind} -a ${word}`),
      ...(command.pipelines ? [`complete -c millrace -f ${behind} -a "(${NAMES})"`] : []),
      ...command.options.map(
        (option) =>
          `complete -c millrace ${behind} -l ${option.flag.replace(/^--/, "")} -d ${quoted(option.summary)}`,
      ),
    ];
  });
  return `# fish completion for millrace\n${lines.join("\n")}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function bracketed(text: string): string {
  return text.replaceAll(/[[\]]/g, "\\$&");
}
