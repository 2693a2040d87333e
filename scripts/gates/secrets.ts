import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { Gate } from "./gate.ts";
import { repositoryFiles } from "./repository-files.ts";

/** What credentials look like. */
const SECRETS: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/, what: "a private key" },
  { pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/, what: "an AWS access key" },
  { pattern: /\bgh[pousr]_[A-Za-z0-9]{36,}\b/, what: "a GitHub token" },
  { pattern: /\bgithub_pat_\w{50,}\b/, what: "a GitHub token" },
  { pattern: /\bxox[abprs]-[A-Za-z0-9-]{20,}\b/, what: "a Slack token" },
  {
    pattern: /\bhooks\.slack\.com\/services\/T[A-Z0-9]{8,}\/B[A-Z0-9]{8,}\/\w{20,}/,
    what: "a Slack webhook",
  },
  { pattern: /\bAIza[\w-]{35}\b/, what: "a Google API key" },
  { pattern: /\bnpm_[A-Za-z0-9]{36}\b/, what: "an npm token" },
  { pattern: /\bsk-(?:ant-|proj-)?[\w-]{40,}\b/, what: "an API key" },
  { pattern: /\bsk_live_[A-Za-z0-9]{20,}\b/, what: "a Stripe key" },
  { pattern: /\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{32,}\b/, what: "a signed token" },
];

/** Files that may hold what looks like one, each with its reason. */
const ALLOWED: Readonly<Record<string, string>> = {
  "packages/connectors/src/http/fixtures/localhost-cert.pem": "of a test's server on localhost",
  "packages/connectors/src/http/fixtures/localhost-key.pem": "of a test's server on localhost",
  "packages/connectors/src/soap/security/security.test.ts": "a key that is cut off, for a test",
  "packages/connectors/src/soap/security/sign-envelope.ts": "looks for the line that begins a key",
  "packages/connectors/test/files/s3.test.ts": "the example of Amazon's documentation",
  "packages/connectors/test/soap/signer-locked.key": "signs in tests",
  "packages/connectors/test/soap/signer.key": "signs in tests",
  "packages/platform/test/notify/certificate/certificate.pem": "of a test's server on localhost",
  "packages/platform/test/notify/certificate/key.pem": "of a test's server on localhost",
  "scripts/gates/secrets.test.ts": "made up, to test this gate",
};
/** Larger files are data. */
const MOST_BYTES = 2_000_000;

/** Nothing that is committed is a credential. */
export const secrets: Gate = {
  name: "secrets",
  checks: "no file holds a key, token or password of anybody",
  async run({ root }) {
    const problems: string[] = [];
    let looked = 0;
    for (const file of await repositoryFiles(root)) {
      if (file in ALLOWED || (await stat(path.join(root, file))).size > MOST_BYTES) continue;
      const name = path.posix.basename(file);
      if (/^\.env(\..+)?$/.test(name) && !name.endsWith(".example"))
        problems.push(`${file}: settings of one machine`);
      if (/\.(pem|key|p12|pfx|kdbx)$/.test(name)) problems.push(`${file}: a file of keys`);
      problems.push(...secretsIn(await readFile(path.join(root, file), "latin1"), file));
      looked += 1;
    }
    const hint =
      "take it out, and make it worthless where it is valid: it is in the history; what only looks like one is named in scripts/gates/secrets.ts";
    return { looked, unit: "files", problems, hint };
  },
};

/** Each line that holds what looks like a credential, without the credential. */
export function secretsIn(text: string, where: string): string[] {
  const found: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    for (const { pattern, what } of SECRETS)
      if (pattern.test(line)) found.push(`${where}:${index + 1} ${what}`);
  }
  return found;
}
