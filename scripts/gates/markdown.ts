/** A fenced block of code in a Markdown page. */
export interface CodeBlock {
  /** First word after the fence: `ts`. */
  readonly language: string;
  /** The other words: `fragment`, `file=pipelines/quakes.ts`. */
  readonly words: readonly string[];
  readonly code: string;
  /** 1-based line of the first line of code. */
  readonly line: number;
}

/** The fenced blocks of a page, and the page with them blanked out, line by line. */
export function splitMarkdown(text: string): {
  readonly blocks: readonly CodeBlock[];
  readonly prose: string;
} {
  const blocks: CodeBlock[] = [];
  const prose: string[] = [];
  let open: { fence: string; info: string; lines: string[]; line: number } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^\s*(`{3,}|~{3,})(.*)$/.exec(line);
    if (open !== undefined) {
      prose.push("");
      if (fence?.[1]?.startsWith(open.fence) === true && fence[2]?.trim() === "") {
        const [language = "", ...words] = open.info.trim().split(/\s+/);
        blocks.push({ language, words, code: open.lines.join("\n"), line: open.line });
        open = undefined;
      } else {
        open.lines.push(line);
      }
    } else if (fence === null) {
      prose.push(line);
    } else {
      open = { fence: fence[1] ?? "```", info: fence[2] ?? "", lines: [], line: index + 2 };
      prose.push("");
    }
  }
  return { blocks, prose: prose.join("\n") };
}
