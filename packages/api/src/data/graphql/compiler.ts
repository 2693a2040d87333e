import {
  getArgumentValues,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isObjectType,
} from "graphql";
import { MillraceError } from "@millrace/core";
import type { CatalogView } from "../exposure/data-catalog.ts";
import type { Parameters } from "../filter/parameters.ts";
import { type CollectedField, collectFields, type SelectionScope } from "./collect-fields.ts";
import { type FieldPlan, planOf } from "./field-plan.ts";
import { tooMuch } from "./graphql-error.ts";
import type { GraphqlLimits } from "./limits.ts";

/** What the parts of one request are compiled with. */
export interface CompilerOptions extends SelectionScope {
  readonly view: CatalogView;
  readonly role: string;
  readonly limits: GraphqlLimits;
  readonly parameters: Parameters;
  /** Marks where cursors stand in the answer, which are sealed only then. */
  readonly marker: string;
}

/** A field that is to be compiled. */
export interface PlannedField {
  readonly key: string;
  readonly field: GraphQLField<unknown, unknown>;
  readonly plan: FieldPlan | undefined;
  readonly args: Readonly<Record<string, unknown>>;
  /** The type of what it holds, and what is selected of that. Undefined: a value. */
  readonly inner:
    { readonly type: GraphQLObjectType; readonly selections: CollectedField["selections"] } | undefined;
}

/** What is common to all that is compiled of one request. */
export class Compiler {
  readonly options: CompilerOptions;
  /** What the cursors of the answer are bound to, by the number in their marks. */
  readonly cursorNames: string[] = [];
  #aliases = 0;
  #cost = 0;
  #marker: string | undefined;

  constructor(options: CompilerOptions) {
    this.options = options;
  }

  /** A name for a table in the statement that no other has. */
  alias(): string {
    return `g${++this.#aliases}`;
  }

  /** Counts objects that the answer may have. Fails with MLR_ARGUMENT_INVALID where they are too many. */
  spend(objects: number): void {
    this.#cost += objects;
    const { cost } = this.options.limits;
    if (this.#cost > cost)
      throw tooMuch(
        "more objects in its answer",
        cost,
        "Lower first of the lists, above all of those in each other.",
      );
  }

  /** SQL of a cursor: a mark and the place, to be sealed in the answer. */
  cursor(name: string, place: string): string {
    let at = this.cursorNames.indexOf(name);
    if (at < 0) at = this.cursorNames.push(name) - 1;
    const { parameters, marker } = this.options;
    this.#marker ??= `${parameters.add(marker)}::text`;
    return `(${this.#marker} || '${at}:' || ${place})`;
  }

  /** The fields that selections of a type have. `__typename` has no plan. */
  fields(type: GraphQLObjectType, selections: CollectedField["selections"]): readonly PlannedField[] {
    const own = type.getFields();
    return collectFields(selections, this.options).map(({ key, name, node, selections: inner }) => {
      if (Buffer.byteLength(key) > 63) {
        throw new MillraceError(
          "MLR_ARGUMENT_INVALID",
          `The alias "${key.slice(0, 80)}" is longer than 63 characters`,
          {
            hint: "Choose a shorter one.",
          },
        );
      }
      const field = own[name] ?? TYPENAME;
      const named = getNamedType(field.type);
      return {
        ...{ key, field, plan: planOf(field) },
        args: field === TYPENAME ? {} : getArgumentValues(field, node, this.options.variables),
        inner: isObjectType(named) ? { type: named, selections: inner } : undefined,
      };
    });
  }

  /** A JSON object of expressions, by the names that the answer has for them. */
  object(fields: readonly (readonly [string, string])[]): string {
    const columns = fields.map(([key, sql]) => `${sql} AS "${key}"`).join(", ");
    return `(SELECT row_to_json(x) FROM (SELECT ${columns}) x)`;
  }
}

/** Stands for the field that every type has. */
const TYPENAME = { name: "__typename", args: [], extensions: {}, type: undefined } as unknown as GraphQLField<
  unknown,
  unknown
>;

/** SQL of the name of a type. Names of types have no quotes. */
export function typeSql({ name }: GraphQLObjectType): string {
  return `'${name}'::text`;
}

/** A number of rows. Fails with MLR_ARGUMENT_INVALID. */
export function firstOf({ first }: Readonly<Record<string, unknown>>, most: number): number {
  if (typeof first === "number" && first >= 0 && first <= most) return first;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"first" must be from 0 to ${most}`, {
    hint: "Ask page by page.",
    details: { field: "first" },
  });
}
