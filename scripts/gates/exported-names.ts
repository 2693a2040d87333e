import { parseSync, type Comment, type Directive, type Statement } from "oxc-parser";
import { lineAt } from "./module-imports.ts";

/** A name that a module declares and exports. */
export interface ExportedName {
  readonly name: string;
  readonly kind: "function" | "class" | "interface" | "type" | "const" | "default";
  /** 1-based. */
  readonly line: number;
  /** Text of its doc comment without the comment's own marks; undefined where it has none. */
  readonly doc: string | undefined;
  /** The declaration as its users see it: without bodies, initial values of more than a line, and private members. */
  readonly signature: string;
}

/** What a module exports: its own names, and the modules it passes on. */
export interface ModuleExports {
  readonly names: readonly ExportedName[];
  /** `export * from "x"` (names undefined) and `export { a } from "x"`. */
  readonly from: readonly { readonly specifier: string; readonly names: readonly string[] | undefined }[];
}

type Node = Statement | Directive;
interface Source {
  readonly text: string;
  readonly comments: readonly Comment[];
}

/** Reads the exports of a TypeScript module by parsing it. Exports written as a list (`export { a }`) are found at their declarations. */
export function exportedNames(file: string, text: string): ModuleExports {
  const { program, comments } = parseSync(file, text);
  const source = { text, comments };
  const names = new Map<string, ExportedName>();
  const from: { specifier: string; names: string[] | undefined }[] = [];
  const listed = new Set<string>();
  for (const node of program.body) {
    if (node.type === "ExportAllDeclaration") from.push({ specifier: node.source.value, names: undefined });
    if (node.type !== "ExportNamedDeclaration" || node.declaration !== null) continue;
    const passed = node.specifiers.map(({ local }) => ("name" in local ? local.name : local.value));
    if (node.source !== null) from.push({ specifier: node.source.value, names: passed });
    else for (const name of passed) listed.add(name);
  }
  for (const node of program.body) {
    for (const found of declared(node, source, listed)) {
      if (!names.has(found.name)) names.set(found.name, found);
    }
  }
  return { names: [...names.values()], from };
}

function declared(node: Node, source: Source, listed: ReadonlySet<string>): ExportedName[] {
  if (node.type === "ExportDefaultDeclaration") {
    return [describe(node.declaration, { name: "default", kind: "default", at: node.start }, source)];
  }
  const exported = node.type === "ExportNamedDeclaration";
  const declaration = exported ? node.declaration : node;
  if (declaration === null) return [];
  return namesOf(declaration)
    .filter(({ name }) => exported || listed.has(name))
    .map(({ name, kind }) => describe(declaration, { name, kind, at: node.start }, source));
}

function namesOf(node: { readonly type: string }): { name: string; kind: ExportedName["kind"] }[] {
  const declaration = node as Statement;
  switch (declaration.type) {
    case "FunctionDeclaration":
    case "TSDeclareFunction":
      return declaration.id === null ? [] : [{ name: declaration.id.name, kind: "function" }];
    case "ClassDeclaration":
      return declaration.id === null ? [] : [{ name: declaration.id.name, kind: "class" }];
    case "TSInterfaceDeclaration":
      return [{ name: declaration.id.name, kind: "interface" }];
    case "TSTypeAliasDeclaration":
      return [{ name: declaration.id.name, kind: "type" }];
    case "VariableDeclaration":
      return declaration.declarations.flatMap(({ id }) =>
        id.type === "Identifier" ? [{ name: id.name, kind: "const" as const }] : [],
      );
    default:
      return [];
  }
}

function describe(
  declaration: { readonly type: string; readonly start: number; readonly end: number },
  { name, kind, at }: { readonly name: string; readonly kind: ExportedName["kind"]; readonly at: number },
  source: Source,
): ExportedName {
  return {
    name,
    kind,
    line: lineAt(source.text, at),
    doc: docBefore(at, source),
    signature: signatureOf(declaration as Statement, source),
  };
}

/** The doc comment that ends right before `at`, if any. */
function docBefore(at: number, { text, comments }: Source): string | undefined {
  const comment = comments.findLast((candidate) => candidate.end <= at);
  if (comment === undefined || comment.type !== "Block" || !comment.value.startsWith("*")) return undefined;
  if (text.slice(comment.end, at).trim() !== "") return undefined;
  const lines = comment.value.slice(1).split("\n");
  return lines
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .trim();
}

function signatureOf(declaration: Statement, { text }: Source): string {
  const until = (end: number): string => text.slice(declaration.start, end).trim();
  switch (declaration.type) {
    case "FunctionDeclaration":
      return until(declaration.body === null ? declaration.end : declaration.body.start);
    case "VariableDeclaration":
      return declaration.declarations.map((item) => variable(item, text)).join("\n");
    case "ClassDeclaration": {
      const members = declaration.body.body.flatMap((member) => classMember(member, text));
      return `${until(declaration.body.start)} {\n${members.map((member) => `  ${member}\n`).join("")}}`;
    }
    default:
      return until(declaration.end);
  }
}

function variable(
  item: {
    readonly id: { readonly start: number; readonly end: number };
    readonly init: { readonly start: number; readonly end: number } | null;
  },
  text: string,
): string {
  const head = `const ${text.slice(item.id.start, item.id.end)}`;
  if (item.init === null) return head;
  const value = text.slice(item.init.start, item.init.end);
  return value.includes("\n") ? `${head} = …` : `${head} = ${value}`;
}

interface Member {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly accessibility?: string | null;
  readonly key?: { readonly type: string };
  readonly value?: { readonly start: number; readonly body?: { readonly start: number } | null } | null;
}

/** A public member up to its body or value, without indentation. */
function classMember(node: { readonly type: string }, text: string): string[] {
  const member = node as Member;
  if (member.type === "StaticBlock" || member.accessibility === "private") return [];
  if (member.key?.type === "PrivateIdentifier") return [];
  const end = member.type === "MethodDefinition" ? member.value?.body?.start : member.value?.start;
  const head = text
    .slice(member.start, end ?? member.end)
    .trim()
    .replace(/\s*=$/, "")
    .replace(/;$/, "");
  return [`${head.replaceAll(/\n\s*/g, " ")};`];
}
