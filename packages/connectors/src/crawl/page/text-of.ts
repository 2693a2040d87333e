import { type AnyNode, hasChildren, isTag, isText } from "domhandler";

const UNSEEN = new Set(["script", "style", "template", "noscript", "head", "svg"]);
const INLINE = new Set(
  "a abbr b bdi bdo cite code data del dfn em font i ins kbd label mark q s samp small span strike strong sub sup time tt u var wbr".split(
    " ",
  ),
);

/** The text that a reader sees: runs of white space are one space, blocks are apart, scripts and styles are left out. */
export function textOf(node: AnyNode): string {
  const parts: string[] = [];
  collect(node, parts, true);
  return parts
    .join("")
    .replaceAll(/[\s\u00A0\u200B\uFEFF]+/g, " ")
    .trim();
}

function collect(node: AnyNode, parts: string[], top: boolean): void {
  if (isText(node)) {
    parts.push(node.data);
    return;
  }
  if (!hasChildren(node)) return;
  const name = isTag(node) ? node.name : "";
  if (UNSEEN.has(name) && !top) return;
  const apart = name !== "" && !INLINE.has(name);
  if (apart) parts.push(" ");
  for (const child of node.children) collect(child, parts, false);
  if (apart) parts.push(" ");
}
