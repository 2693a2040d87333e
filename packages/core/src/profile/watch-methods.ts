import { MillraceError } from "../errors.ts";
import { type AnyFunction, watch } from "./watch.ts";

/** How methods are watched. */
export interface WatchMethodsOptions {
  /** What stands before each name: `Parser` makes `Parser.parse`. Default: the name of the object's class; none for plain objects. */
  readonly prefix?: string;
  /** The methods. Default: all that the object and its class have, without accessors. */
  readonly only?: readonly string[];
}

/**
 * Watches the methods of an object in place, and returns it; given a class's prototype, those of all its objects. Methods that
 * were kept in a variable before are not watched. Fails with MLR_ARGUMENT_INVALID where a method is not there or cannot be replaced.
 * @example const api = watchMethods(new Api(), { only: ["fetchPage"] });
 */
export function watchMethods<T extends object>(object: T, options: WatchMethodsOptions = {}): T {
  const className = object.constructor?.name ?? "";
  const prefix = options.prefix ?? (className === "Object" ? "" : className);
  for (const name of options.only ?? methodsOf(object)) {
    const method = (object as Record<string, unknown>)[name];
    if (typeof method !== "function") {
      throw new MillraceError("MLR_ARGUMENT_INVALID", `watchMethods(): there is no method "${name}"`, {
        hint: `It has: ${methodsOf(object).join(", ") || "none"}.`,
      });
    }
    replace(object, name, watch(prefix === "" ? name : `${prefix}.${name}`, method as AnyFunction));
  }
  return object;
}

function replace(object: object, name: string, value: AnyFunction): void {
  const enumerable = Object.getOwnPropertyDescriptor(object, name)?.enumerable ?? false;
  try {
    Object.defineProperty(object, name, { value, enumerable, writable: true, configurable: true });
  } catch (cause) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `watchMethods(): method "${name}" cannot be replaced`, {
      hint: "The object is frozen or sealed: watch its functions before it is.",
      cause,
    });
  }
}

function methodsOf(object: object): string[] {
  const found = new Set<string>();
  for (
    let at: object | null = object;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === "function" && name !== "constructor") found.add(name);
    }
  }
  return [...found];
}
