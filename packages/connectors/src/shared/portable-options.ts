import { type Json, MillraceError, SecretReference, toPortable } from "@millrace/core";

/**
 * Options of a database as plain data that may be kept. Fails with MLR_PIPELINE_INVALID where they hold a password that is
 * not `secret("name")`, or a function.
 * @param where what the options belong to, for the message: `postgres()`.
 */
export function portableOptions(
  options: { readonly url?: unknown; readonly password?: unknown },
  where: string,
): Json {
  const { url, password } = options;
  if ((password !== undefined && !SecretReference.is(password)) || hasPassword(url)) {
    throw new MillraceError(
      "MLR_PIPELINE_INVALID",
      `${where} holds a password, and what the ingestion service knows of a pipeline must hold none`,
      { hint: 'Write password: secret("name"), and store it with `millrace secret set name`.' },
    );
  }
  const data = toPortable(options);
  if (data !== undefined) return data;
  throw new MillraceError("MLR_PIPELINE_INVALID", `${where} has options that are code`, {
    hint: "What the ingestion service knows of a pipeline is plain data.",
  });
}

function hasPassword(url: unknown): boolean {
  if (typeof url !== "string") return false;
  return !URL.canParse(url) || new URL(url).password !== "" || /[?&](password|sslpassword)=/i.test(url);
}
