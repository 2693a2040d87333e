import { parseSync, Visitor } from "oxc-parser";

/** One place where a module names another. */
export interface ModuleImport {
  readonly specifier: string;
  /**
   * `value`: loaded with the module. `type`: erased. `dynamic`: `import()` at run time.
   * `file`: `new URL("…", import.meta.url)`, a file or folder beside it.
   */
  readonly kind: "value" | "type" | "dynamic" | "file";
  /** 1-based. */
  readonly line: number;
}

/** Everything a TypeScript module names by a literal, found by parsing it. Fails on a syntax error. */
export function moduleImports(file: string, text: string): ModuleImport[] {
  const { module, program, errors } = parseSync(file, text);
  const wrong = errors.find((error) => error.severity === "Error");
  if (wrong !== undefined) throw new Error(`${file}: ${wrong.message}`);
  const found: ModuleImport[] = [];
  const add = (kind: ModuleImport["kind"], specifier: unknown, start: number): void => {
    if (typeof specifier === "string") found.push({ kind, specifier, line: lineAt(text, start) });
  };
  for (const { entries, moduleRequest, start } of module.staticImports) {
    const erased = entries.length > 0 && entries.every((entry) => entry.isType);
    add(erased ? "type" : "value", moduleRequest.value, start);
  }
  for (const { entries, start } of module.staticExports) {
    const [first] = entries;
    const erased = entries.every((entry) => entry.isType);
    if (first?.moduleRequest) add(erased ? "type" : "value", first.moduleRequest.value, start);
  }
  new Visitor({
    ImportExpression: ({ source, start }) => {
      if (source.type === "Literal") add("dynamic", source.value, start);
    },
    TSImportType: ({ source, start }) => add("type", source.value, start),
    TSExternalModuleReference: ({ expression, start }) => add("value", expression.value, start),
    NewExpression: ({ callee, arguments: [first, second], start }) => {
      if (callee.type !== "Identifier" || callee.name !== "URL" || first?.type !== "Literal") return;
      if (second?.type === "MemberExpression" && second.object.type === "MetaProperty")
        add("file", first.value, start);
    },
  }).visit(program);
  return found.toSorted((a, b) => a.line - b.line);
}

/** 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}
