import { parseSync, Visitor, type Comment } from "oxc-parser";
import { lineAt } from "./module-imports.ts";

/** An option without a doc comment. */
export interface UndocumentedOption {
  readonly owner: string;
  readonly name: string;
  /** 1-based. */
  readonly line: number;
}

interface Member {
  readonly type: string;
  readonly start: number;
  readonly key?: object;
}

/**
 * Options are the members of exported interfaces called `…Options`, and the properties of exported objects called
 * `…Options`, also inside of one call such as `z.strictObject({ … })`.
 * @param isPublic whether users meet an interface of this name; the others are not looked at.
 * @returns how many there are, and those without a doc comment.
 */
export function undocumentedOptions(
  file: string,
  text: string,
  isPublic: (name: string) => boolean,
): { readonly options: number; readonly undocumented: readonly UndocumentedOption[] } {
  const { program, comments } = parseSync(file, text);
  const undocumented: UndocumentedOption[] = [];
  let options = 0;
  const look = (owner: string, members: readonly Member[]): void => {
    for (const { type, start, key } of members) {
      if (type !== "Property" && type !== "TSPropertySignature" && type !== "TSMethodSignature") continue;
      options += 1;
      const { name = "", value = name } = (key ?? {}) as { name?: string; value?: string };
      if (!isDocumented(start, text, comments))
        undocumented.push({ owner, name: value, line: lineAt(text, start) });
    }
  };
  new Visitor({
    ExportNamedDeclaration: ({ declaration }) => {
      if (declaration?.type === "TSInterfaceDeclaration" && isOptions(declaration.id.name)) {
        if (isPublic(declaration.id.name)) look(declaration.id.name, declaration.body.body);
      }
      if (declaration?.type !== "VariableDeclaration") return;
      for (const { id, init } of declaration.declarations) {
        if (id.type !== "Identifier" || !isOptions(id.name)) continue;
        const value = init?.type === "CallExpression" ? init.arguments[0] : init;
        if (value?.type === "ObjectExpression") look(id.name, value.properties);
      }
    },
  }).visit(program);
  return { options, undocumented };
}

function isOptions(name: string): boolean {
  return name.endsWith("Options");
}

function isDocumented(at: number, text: string, comments: readonly Comment[]): boolean {
  const comment = comments.findLast((candidate) => candidate.end <= at);
  if (comment === undefined || !comment.value.startsWith("*")) return false;
  return text.slice(comment.end, at).trim() === "";
}
