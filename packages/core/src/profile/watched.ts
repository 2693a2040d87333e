import { MillraceError } from "../errors.ts";
import { type AnyFunction, watch } from "./watch.ts";

/** Where a decorator stands, as far as it is needed. */
export interface WatchedContext {
  readonly kind: string;
  readonly name: string | symbol;
}

/**
 * A decorator (TC39, as TypeScript 5 and Babel compile it) that watches a method: `@watched parse(text) { … }`, or with a
 * name `@watched("parse") …`. Without one it is `Class.method`, as the object at its first call has it. Node does not run
 * decorators by itself: in files that it runs as they are use `watch` and `watchMethods`.
 * Fails with MLR_ARGUMENT_INVALID on what is no method.
 */
export function watched<F extends AnyFunction>(method: F, context: WatchedContext): F;
export function watched(name: string): <F extends AnyFunction>(method: F, context: WatchedContext) => F;
export function watched<F extends AnyFunction>(first: F | string, context?: WatchedContext): unknown {
  if (typeof first === "string")
    return (method: F, its: WatchedContext): F => watch(first, checked(method, its));
  return byClass(checked(first, context), String(context?.name));
}

function checked<F extends AnyFunction>(method: F, context: WatchedContext | undefined): F {
  if (context?.kind === "method" && typeof method === "function") return method;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `@watched stands before ${context === undefined ? "no decorated member" : `a ${context.kind}`}; it is for methods`,
    { hint: "For functions use watch(fn)." },
  );
}

function byClass<F extends AnyFunction>(method: F, name: string): F {
  let watching: F | undefined;
  const wrapped = function (this: unknown, ...values: never[]): unknown {
    watching ??= watch(`${classOf(this)}${name}`, method);
    return Reflect.apply(watching, this, values);
  };
  Object.defineProperty(wrapped, "name", { value: method.name, configurable: true });
  Object.defineProperty(wrapped, "length", { value: method.length, configurable: true });
  // It takes and gives what the method does.
  return wrapped as unknown as F;
}

/** A static method's class is its `this`. */
function classOf(self: unknown): string {
  if (self === undefined || self === null) return "";
  const name = typeof self === "function" ? self.name : self.constructor?.name;
  return name === undefined || name === "" || name === "Object" ? "" : `${name}.`;
}
