import { readFile } from "node:fs/promises";
import path from "node:path";
import {
  parseSync,
  type Comment,
  type Expression,
  type MemberExpression,
  type ObjectExpression,
  type Program,
} from "oxc-parser";

/** What stands for a text that is kept apart. */
const SECRET = "`secret()`";

/** One option of a connector, as its users meet it. */
export interface Option {
  /** Nested ones with dots: `cursor.field`. */
  readonly name: string;
  /** What it takes, in words. */
  readonly takes: string;
  readonly required: boolean;
  /** The doc comment on one line; empty where there is none. */
  readonly doc: string;
}

interface Module {
  /** Relative to the root, forward slashes. */
  readonly file: string;
  readonly text: string;
  readonly program: Program;
  readonly comments: readonly Comment[];
}

/** A zod expression in words. */
interface Shape {
  readonly takes: string;
  readonly optional: boolean;
  /** Where it is an object with known properties; `within` is what stands between its name and theirs: `.`, `[].`, `.*.`. */
  readonly object?: { readonly node: ObjectExpression; readonly module: Module; readonly within: string };
}

type Call = Extract<Expression, { type: "CallExpression" }>;

const WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "number",
  int: "whole number",
  bigint: "bigint",
  boolean: "true or false",
  date: "Date",
  unknown: "any value",
  any: "any value",
  url: "URL",
};

/**
 * Reads the options that `const <name> = z.strictObject({ … })` declares, by parsing: with their comments, which a schema
 * does not keep. Constants and spreads are followed into other files. Fails where the constant is not found.
 */
export class OptionReader {
  readonly #root: string;
  readonly #modules = new Map<string, Module>();

  constructor(root: string) {
    this.#root = root;
  }

  /** @param file relative to the root. */
  async options(file: string, name: string): Promise<readonly Option[]> {
    const found = await this.#constant(await this.#module(file), name);
    if (found === undefined) throw new Error(`${file}: there is no constant ${name}`);
    const shape = await this.#shape(found.value, found.module);
    if (shape.object === undefined) throw new Error(`${file}: ${name} is no z.strictObject({ … })`);
    return this.#properties(shape.object.node, shape.object.module, "");
  }

  async #module(file: string): Promise<Module> {
    const known = this.#modules.get(file);
    if (known !== undefined) return known;
    const text = await readFile(path.join(this.#root, file), "utf8");
    const { program, comments } = parseSync(file, text);
    const module = { file, text, program, comments };
    this.#modules.set(file, module);
    return module;
  }

  /** The value of a top-level constant, also of one that is imported from a relative file. */
  async #constant(
    module: Module,
    name: string,
  ): Promise<{ readonly value: Expression; readonly module: Module } | undefined> {
    for (const node of module.program.body) {
      const declaration = node.type === "ExportNamedDeclaration" ? node.declaration : node;
      if (declaration?.type === "VariableDeclaration") {
        for (const { id, init } of declaration.declarations)
          if (id.type === "Identifier" && id.name === name && init !== null) return { value: init, module };
      }
      if (node.type !== "ImportDeclaration" || !node.source.value.startsWith(".")) continue;
      const imported = node.specifiers.find(({ local }) => local.name === name);
      if (imported?.type !== "ImportSpecifier" || imported.imported.type !== "Identifier") continue;
      const next = path.posix.join(path.posix.dirname(module.file), node.source.value);
      return this.#constant(await this.#module(next), imported.imported.name);
    }
    return undefined;
  }

  async #properties(node: ObjectExpression, module: Module, prefix: string): Promise<readonly Option[]> {
    const options: Option[] = [];
    for (const property of node.properties) {
      if (property.type === "SpreadElement") {
        options.push(...(await this.#spread(property.argument, module, prefix)));
        continue;
      }
      const { key } = property;
      const own = key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : "";
      if (own === "") continue;
      const shape = await this.#shape(property.value, module);
      const name = `${prefix}${own}`;
      const doc = docBefore(property.start, module);
      options.push({ name, takes: shape.takes, required: !shape.optional, doc });
      if (shape.object === undefined) continue;
      options.push(
        ...(await this.#properties(shape.object.node, shape.object.module, `${name}${shape.object.within}`)),
      );
    }
    return options;
  }

  async #spread(argument: Expression, module: Module, prefix: string): Promise<readonly Option[]> {
    // `...schema.shape` is the schema's own properties.
    const inner =
      argument.type === "MemberExpression" &&
      argument.property.type === "Identifier" &&
      argument.property.name === "shape"
        ? argument.object
        : argument;
    if (inner.type === "ObjectExpression") return this.#properties(inner, module, prefix);
    if (inner.type !== "Identifier") return [];
    const found = await this.#constant(module, inner.name);
    if (found === undefined) return [];
    if (found.value.type === "ObjectExpression") return this.#properties(found.value, found.module, prefix);
    const { object } = await this.#shape(found.value, found.module);
    return object === undefined ? [] : this.#properties(object.node, object.module, prefix);
  }

  async #shape(node: Expression, module: Module): Promise<Shape> {
    if (node.type === "Identifier") {
      if (node.name === "secretReference") return { takes: SECRET, optional: false };
      const found = await this.#constant(module, node.name);
      return found === undefined
        ? { takes: node.name, optional: false }
        : this.#shape(found.value, found.module);
    }
    if (node.type === "CallExpression" && node.callee.type === "Identifier") {
      if (node.callee.name === "secretText") return this.#secretText(node, module);
      const made = returnedBy(module.program, node.callee.name);
      return made === undefined ? { takes: "value", optional: false } : this.#shape(made, module);
    }
    if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression")
      return { takes: "value", optional: false };
    return this.#call(node, node.callee, module);
  }

  async #secretText(node: Call, module: Module): Promise<Shape> {
    const [text] = node.arguments;
    if (text === undefined || text.type === "SpreadElement") return { takes: SECRET, optional: false };
    const { takes } = await this.#shape(text, module);
    return { takes: `${takes} or ${SECRET}`, optional: false };
  }

  async #call(node: Call, callee: MemberExpression, module: Module): Promise<Shape> {
    const { object, property } = callee;
    const method = property.type === "Identifier" ? property.name : "";
    if (object.type === "Identifier" && object.name === "z") return this.#base(method, node, module);
    const inner = await this.#shape(object, module);
    if (method === "optional" || method === "default" || method === "prefault")
      return { ...inner, optional: true };
    if (method === "nullable") return { ...inner, takes: `${inner.takes}, or null` };
    return method === "int" ? { ...inner, takes: "whole number" } : inner;
  }

  async #base(method: string, node: Call, module: Module): Promise<Shape> {
    const [first, second] = node.arguments.filter((argument) => argument.type !== "SpreadElement");
    const words = WORDS[method];
    if (words !== undefined) return { takes: words, optional: method === "unknown" || method === "any" };
    switch (method) {
      case "strictObject":
      case "object":
        return {
          takes: "object",
          optional: false,
          ...(first?.type === "ObjectExpression" ? { object: { node: first, module, within: "." } } : {}),
        };
      case "literal":
        return { takes: first === undefined ? "value" : code(textOf(first, module)), optional: false };
      case "enum":
        return {
          takes: elements(first)
            .map((each) => code(textOf(each, module)))
            .join(", "),
          optional: false,
        };
      case "array":
        return this.#many("list of", "[].", first, module);
      case "record":
        return this.#many("object of", ".*.", second, module);
      case "tuple":
        return { takes: "list", optional: false };
      case "union":
      case "discriminatedUnion":
        return this.#union(elements(method === "union" ? first : second), module);
      case "lazy":
        return { takes: "nested value", optional: false };
      case "instanceof":
        return { takes: first === undefined ? "object" : code(textOf(first, module)), optional: false };
      default:
        return { takes: typeArgument(node, module), optional: false };
    }
  }

  async #many(words: string, within: string, node: Expression | undefined, module: Module): Promise<Shape> {
    if (node === undefined) return { takes: `${words} values`, optional: false };
    const { takes, object } = await this.#shape(node, module);
    const each = takes === "object" ? "objects" : takes;
    return {
      takes: `${words} ${each}`,
      optional: false,
      ...(object === undefined ? {} : { object: { ...object, within } }),
    };
  }

  async #union(nodes: readonly Expression[], module: Module): Promise<Shape> {
    const shapes = await Promise.all(nodes.map((each) => this.#shape(each, module)));
    const takes = [...new Set(shapes.map((shape) => shape.takes))].join(" or ");
    const objects = shapes.flatMap(({ object }) => (object === undefined ? [] : [object]));
    // Of several kinds of objects the comment tells; of one, its options are listed.
    return {
      takes,
      optional: false,
      ...(objects.length === 1 && objects[0] !== undefined ? { object: objects[0] } : {}),
    };
  }
}

/** What a function of the module returns, where its body is one return. */
function returnedBy(program: Program, name: string): Expression | undefined {
  for (const node of program.body) {
    if (node.type !== "FunctionDeclaration" || node.id?.name !== name) continue;
    const last = node.body?.body.at(-1);
    return last?.type === "ReturnStatement" ? (last.argument ?? undefined) : undefined;
  }
  return undefined;
}

function elements(node: Expression | undefined): Expression[] {
  if (node?.type !== "ArrayExpression") return [];
  return node.elements.filter((each): each is Expression => each !== null && each.type !== "SpreadElement");
}

/** What `z.custom<T>(…)` names, where that is short. */
function typeArgument(node: Call, module: Module): string {
  const [type] = node.typeArguments?.params ?? [];
  if (type === undefined) return "value";
  const text = textOf(type, module);
  if (text.includes("=>")) return "function";
  return text.length > 60 ? "value" : code(text);
}

function textOf(node: { readonly start: number; readonly end: number }, { text }: Module): string {
  return text.slice(node.start, node.end).replaceAll(/\s+/g, " ");
}

function code(text: string): string {
  return `\`${text}\``;
}

function docBefore(at: number, { text, comments }: Module): string {
  const comment = comments.findLast((candidate) => candidate.end <= at);
  if (comment === undefined || !comment.value.startsWith("*")) return "";
  if (text.slice(comment.end, at).trim() !== "") return "";
  return comment.value
    .slice(1)
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trim())
    .join(" ")
    .trim();
}
