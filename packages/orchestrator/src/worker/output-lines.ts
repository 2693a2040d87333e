import type { Readable } from "node:stream";

/** Characters of a line that are kept. */
const MAX_LINE = 16_384;

/** Calls `take` with each line of a process's output, the last one also where it does not end. Long ones are cut. */
export function readLines(stream: Readable, take: (line: string) => void): void {
  let rest = "";
  let cut = false;
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    let from = 0;
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", from)) {
      add(chunk.slice(from, end));
      flush();
      from = end + 1;
    }
    add(chunk.slice(from));
  });
  stream.on("end", () => {
    if (rest !== "") flush();
  });
  stream.on("error", () => undefined);

  function add(text: string): void {
    const room = MAX_LINE - rest.length;
    cut ||= text.length > room;
    rest += text.slice(0, Math.max(0, room));
  }

  function flush(): void {
    take(`${rest.endsWith("\r") ? rest.slice(0, -1) : rest}${cut ? "…" : ""}`);
    rest = "";
    cut = false;
  }
}
