import { MillraceError } from "@millrace/core";

/** Characters that a new password has at least: length is what makes it hard to guess. */
const PASSWORD_LENGTH = 12;
const LONGEST = 1_000;
/** What people type to get past a length. */
const USUAL =
  /^(password|passwort|millrace|administrator|admin|welcome|letmein|changeme|qwerty(uiop)?|secret)+[\d\W_]*$/iu;

/** Whether a new password may be used. Fails with MLR_PASSWORD_WEAK. */
export function checkNewPassword(password: string, userName: string): void {
  const normal = password.normalize("NFKC");
  const characters = [...normal];
  if (characters.length < PASSWORD_LENGTH) {
    throw weak(`has ${characters.length} characters, and needs at least ${PASSWORD_LENGTH}`);
  }
  if (characters.length > LONGEST) throw weak(`is longer than ${LONGEST.toLocaleString("en")} characters`);
  if (new Set(characters).size < 5) throw weak("repeats the same few characters");
  if (isRow(characters)) throw weak("is a row of the alphabet or of numbers");
  if (USUAL.test(normal)) throw weak("is one of the first that are tried");
  const rest = normal.toLowerCase().replaceAll(userName.normalize("NFKC").toLowerCase(), "");
  if ([...rest].length < PASSWORD_LENGTH / 2) throw weak("is hardly more than the user's name");
}

function isRow(characters: readonly string[]): boolean {
  const steps = new Set(
    characters
      .slice(1)
      .map((each, index) => (each.codePointAt(0) ?? 0) - (characters[index]?.codePointAt(0) ?? 0)),
  );
  // 1234567890 goes on with 1 or 0.
  return steps.size <= 2 && [...steps].some((step) => step === 1 || step === -1);
}

function weak(why: string): MillraceError {
  return new MillraceError("MLR_PASSWORD_WEAK", `The new password ${why}`, {
    hint: "Take four or more words that do not belong together, or let a password manager make one.",
    details: { atLeast: PASSWORD_LENGTH },
  });
}
