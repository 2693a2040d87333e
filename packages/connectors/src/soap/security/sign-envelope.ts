import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { MillraceError } from "@millrace/core";
import { secretValue } from "../../shared/http/secret-value.ts";
import type { Secrets } from "../../shared/http/secrets.ts";
import { BODY_ID } from "../message/write-envelope.ts";
import { NS } from "../namespaces.ts";
import type { KnownSecurity } from "./options.ts";
import { pemValue, TIMESTAMP_ID, TOKEN_ID } from "./security-header.ts";

type X509 = Extract<KnownSecurity, { kind: "x509" }>;

const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
const X509_TYPE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3";
const ALGORITHMS = {
  "rsa-sha1": {
    signature: "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    digest: "http://www.w3.org/2000/09/xmldsig#sha1",
  },
  "rsa-sha256": {
    signature: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    digest: "http://www.w3.org/2001/04/xmlenc#sha256",
  },
  "rsa-sha512": {
    signature: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    digest: "http://www.w3.org/2001/04/xmlenc#sha512",
  },
} as const;

/** Signs the body, the time and the tokens of a message. Fails with MLR_ARGUMENT_INVALID for what is no key or does not fit the certificate. */
export async function signEnvelope(
  envelope: string,
  options: X509,
  { secrets, withUser }: { secrets: Secrets; withUser: boolean },
): Promise<string> {
  const { SignedXml } = await import("xml-crypto");
  const key = await privateKey(options, secrets);
  await requireFitting(key, options);
  const { signature, digest } = ALGORITHMS[options.algorithm];
  const signer = new SignedXml({
    privateKey: key.export({ type: "pkcs8", format: "pem" }),
    signatureAlgorithm: signature,
    canonicalizationAlgorithm: EXCLUSIVE,
    idMode: "wssecurity",
    getKeyInfoContent: () =>
      `<wsse:SecurityTokenReference xmlns:wsse="${NS.wsse}"><wsse:Reference URI="#${TOKEN_ID}" ValueType="${X509_TYPE}"/></wsse:SecurityTokenReference>`,
  });
  for (const id of [BODY_ID, TIMESTAMP_ID, TOKEN_ID, ...(withUser ? ["user"] : [])]) {
    signer.addReference({
      xpath: `//*[@*[local-name(.)='Id' and namespace-uri(.)='${NS.wsu}']='${id}']`,
      transforms: [EXCLUSIVE],
      digestAlgorithm: digest,
    });
  }
  signer.computeSignature(envelope, {
    prefix: "ds",
    location: {
      reference: `//*[local-name(.)='Security' and namespace-uri(.)='${NS.wsse}']`,
      action: "append",
    },
  });
  return signer.getSignedXml();
}

async function privateKey({ key, passphrase }: X509, secrets: Secrets): Promise<KeyObject> {
  const pem = await secretValue(key, "security.key", secrets);
  const phrase =
    passphrase === undefined ? undefined : await secretValue(passphrase, "security.passphrase", secrets);
  try {
    return createPrivateKey(phrase === undefined ? pem : { key: pem, passphrase: phrase });
  } catch {
    // What was caught may show parts of the key.
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      'x509(): option "key" is no private key that can be read',
      {
        hint: "Give it as PEM (-----BEGIN PRIVATE KEY-----), and its `passphrase` where it has one.",
        details: { option: "security.key" },
      },
    );
  }
}

/** A signature that nobody can check is told here, and not by the service as one of many possible faults. */
async function requireFitting(key: KeyObject, { cert }: X509): Promise<void> {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(await pemValue(cert));
  } catch (error) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      'x509(): option "cert" is no certificate that can be read',
      {
        hint: "Give it as PEM (-----BEGIN CERTIFICATE-----).",
        details: { option: "security.cert" },
        cause: error,
      },
    );
  }
  if (key.asymmetricKeyType === "rsa" && certificate.checkPrivateKey(key)) return;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    key.asymmetricKeyType === "rsa"
      ? "x509(): the key is not that of the certificate"
      : `x509(): messages are signed with RSA keys, and this one is ${key.asymmetricKeyType ?? "another"}`,
    { hint: "Check that `key` and `cert` belong together.", details: { option: "security" } },
  );
}
