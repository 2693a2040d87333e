import { MillraceError, nearest, redactor } from "@millrace/core";
import type { z } from "zod";
import { maskUrl } from "./mask-url.ts";

/** One setting. */
export interface SettingDefinition {
  readonly variable: string;
  /** Variables of others that say the same, with what a value has to begin with; another value is somebody else's. */
  readonly aliases?: readonly { readonly variable: string; readonly begins: RegExp }[];
  /** Never shown; of a URL the password alone is hidden, unless it is `whole`. */
  readonly secret: boolean | "whole";
  readonly check: z.ZodType;
  /** Counts in the environment and on the command line alone. */
  readonly outside?: boolean;
}

/** Where a value comes from; a later one of this list wins. */
export type SettingOrigin = "default" | "project" | ".env" | "environment" | "flag";

/** What one place says of settings, unchecked. */
export interface SettingLayer {
  readonly origin: SettingOrigin;
  readonly given: ReadonlyMap<string, GivenSetting>;
}

/** A value, and the alias that it came by, if it did. */
export interface GivenSetting {
  readonly value: unknown;
  readonly alias?: string;
}

/** The value that counts. */
export interface PickedSetting<Name extends string> extends GivenSetting {
  readonly name: Name;
  readonly origin: SettingOrigin;
}

/** Finds values of settings in the places that may say them, and checks them. */
export class SettingTable<Name extends string> {
  readonly names: readonly Name[];
  readonly variables: readonly string[];
  readonly #definitions: Readonly<Record<Name, SettingDefinition>>;

  constructor(definitions: Readonly<Record<Name, SettingDefinition>>) {
    this.#definitions = definitions;
    this.names = Object.keys(definitions) as Name[];
    this.variables = this.names.map((name) => definitions[name].variable);
  }

  /** What is given under the names of settings. Fails with MLR_SETTINGS_INVALID where there is no such setting. */
  named(input: object | undefined, where: string): Map<string, GivenSetting> {
    const given = new Map<string, GivenSetting>();
    for (const [name, value] of Object.entries(input ?? {})) {
      if (!(name in this.#definitions)) {
        const guess = nearest(name, this.names);
        throw new MillraceError("MLR_SETTINGS_INVALID", `There is no setting "${name}" (in ${where})`, {
          hint: guess === undefined ? `The settings: ${this.names.join(", ")}.` : `Did you mean "${guess}"?`,
          details: { setting: name },
        });
      }
      if (value !== undefined) given.set(name, { value });
    }
    return given;
  }

  /** What variables say; an empty one counts as not set. */
  fromVariables(environment: Readonly<Record<string, string | undefined>>): Map<string, GivenSetting> {
    const given = new Map<string, GivenSetting>();
    for (const name of this.names) {
      const { variable, aliases = [] } = this.#definitions[name];
      const value = environment[variable];
      const alias = aliases.find((each) => (environment[each.variable] ?? "") !== "")?.variable;
      if (value !== undefined && value !== "") given.set(name, { value });
      else if (alias !== undefined) given.set(name, { value: environment[alias], alias });
    }
    return given;
  }

  /**
   * The value of the last layer that says one which counts, checked. Fails with MLR_SETTINGS_INVALID.
   * @param warn is told of what is left out
   */
  pick(name: Name, layers: readonly SettingLayer[], warn: (text: string) => void): PickedSetting<Name> {
    const { check, variable } = this.#definitions[name];
    const layer = layers.findLast(({ origin, given }) => {
      const found = given.get(name);
      if (found === undefined) return false;
      const why = this.#unfit(name, origin, found);
      if (why !== undefined) warn(`${found.alias ?? variable} (from ${LABELS[origin]}) is left out: ${why}`);
      return why === undefined;
    });
    const origin = layer?.origin ?? "default";
    const given = layer?.given.get(name) ?? { value: undefined };
    const parsed = check.safeParse(given.value);
    if (parsed.success) return { ...given, name, value: parsed.data, origin };
    throw this.#invalid({ ...given, name, origin }, parsed.error.issues[0]?.message ?? "is invalid");
  }

  /** The value for people to read; null where it is not set. */
  shown(name: Name, value: unknown): string | null {
    if (value === undefined) return null;
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (!this.#definitions[name].secret) return text;
    return this.#isUrl(name, text) ? maskUrl(text) : "***";
  }

  /** Makes what is secret in a value masked wherever it is printed; the address of a database is no secret. */
  makeKnown(name: Name, value: unknown): void {
    if (!this.#definitions[name].secret || typeof value !== "string") return;
    if (this.#isUrl(name, value)) redactor.addPasswordOf(value);
    else redactor.add(value);
  }

  #isUrl(name: Name, text: string): boolean {
    return this.#definitions[name].secret !== "whole" && /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  }

  /** Why a value does not count where it stands; undefined where it does. */
  #unfit(name: Name, origin: SettingOrigin, { value, alias }: GivenSetting): string | undefined {
    const { aliases = [], outside = false, variable } = this.#definitions[name];
    if (outside && (origin === "project" || origin === ".env")) return "it counts in the environment alone";
    const found = aliases.find((each) => each.variable === alias);
    const fits = found === undefined || found.begins.test(String(value));
    return fits ? undefined : `it is no value for ${variable}`;
  }

  #invalid({ name, value, origin, alias }: PickedSetting<Name>, message: string): MillraceError {
    const { variable, secret } = this.#definitions[name];
    const own = alias === undefined ? variable : `${alias}, an alias of ${variable},`;
    const what = origin === ".env" || origin === "environment" ? own : `The setting "${name}"`;
    const is = secret ? "" : ` is "${String(value)}", but`;
    return new MillraceError("MLR_SETTINGS_INVALID", `${what} (from ${LABELS[origin]})${is} ${message}`, {
      hint: "Correct it, or remove it to use the default.",
      details: { setting: name, variable, origin },
    });
  }
}

const LABELS: Readonly<Record<SettingOrigin, string>> = {
  default: "the defaults",
  project: "the project's configuration",
  ".env": ".env",
  environment: "the environment",
  flag: "the command line",
};
