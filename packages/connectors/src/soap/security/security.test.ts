import { createHash, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { MillraceError } from "@millrace/core";
import { afterEach, describe, expect, test } from "vitest";
import { SignedXml } from "xml-crypto";
import { answer, order, ordersAnswer } from "../../../test/soap/envelope.ts";
import { readAll } from "../../../test/soap/read.ts";
import { ORDERS_WSDL, ordersServer, plainServer, type SoapServer } from "../../../test/soap/server.ts";
import { usernameToken, x509, type SoapOptions } from "../index.ts";

let server: SoapServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const pem = (name: string): string =>
  readFileSync(new URL(`../../../test/soap/${name}`, import.meta.url), "utf8");
const certificate = { cert: pem("signer.crt"), key: () => pem("signer.key") };

function read(more: Partial<SoapOptions>): ReturnType<typeof readAll> {
  return readAll({
    wsdl: ORDERS_WSDL,
    endpoint: `${server?.url ?? ""}/orders`,
    operation: "GetOrders",
    ...more,
  });
}

async function good(): Promise<void> {
  server = await plainServer((_received, response) => answer(response, ordersAnswer(order(1))));
}

/** What a SOAP server makes of the header. */
interface TokenSeen {
  readonly UsernameToken: {
    readonly Username: string;
    readonly Password: { readonly attributes: { readonly Type: string }; readonly $value: string };
    readonly Nonce: { readonly $value: string };
    readonly Created: string;
  };
  readonly Timestamp?: { readonly Created: string; readonly Expires: string };
}

async function guarded(check: (token: TokenSeen) => boolean): Promise<void> {
  server = await ordersServer(
    { GetOrders: () => ({ GetOrdersResult: { Order: [{ Id: "1" }] } }) },
    (security) => check(security as unknown as TokenSeen),
  );
}

describe("user and password", () => {
  test("are sent as they are", async () => {
    await guarded(
      ({ UsernameToken: { Username, Password } }) =>
        Username === "a&b" &&
        Password.$value === "p<ss-word" &&
        Password.attributes.Type.endsWith("#PasswordText"),
    );
    const { rows } = await read({ security: usernameToken({ username: "a&b", password: "p<ss-word" }) });
    expect(rows).toHaveLength(1);
  });

  test("are sent as a digest of a nonce, the time and the password, each time another", async () => {
    const nonces = new Set<string>();
    await guarded(({ UsernameToken: { Password, Nonce, Created }, Timestamp }) => {
      const digest = createHash("sha1")
        .update(Buffer.from(Nonce.$value, "base64"))
        .update(Created)
        .update("pass-word")
        .digest("base64");
      nonces.add(Nonce.$value);
      return Password.$value === digest && Timestamp !== undefined && Timestamp.Expires > Timestamp.Created;
    });
    const security = usernameToken({ username: "me", password: () => "pass-word", type: "digest" });
    for (let again = 0; again < 2; again++) expect((await read({ security })).rows).toHaveLength(1);
    expect(nonces.size).toBe(2);
  });

  test("that are wrong are told, and never shown", async () => {
    await guarded(() => false);
    const error = await read({
      security: usernameToken({ username: "me", password: "wrong-password" }),
    }).catch((caught: unknown) => caught as MillraceError);
    expect(error).toBeInstanceOf(MillraceError);
    expect(JSON.stringify(error)).not.toContain("wrong-password");
  });

  test("are masked in what the service says, over HTTP as in messages", async () => {
    server = await plainServer((received, response) => {
      const said = `${received.headers.authorization ?? ""} ${/Password[^>]*>([^<]+)/.exec(received.body)?.[1] ?? ""} ${received.headers["x-api-key"] as string}`;
      answer(
        response,
        `<e:Fault><faultcode>e:Client</faultcode><faultstring>not ${said}</faultstring><detail><who>${said}</who></detail></e:Fault>`,
        { status: 500 },
      );
    });
    const error = await read({
      auth: { kind: "basic", username: "me", password: "http-password" },
      headers: { "X-Api-Key": "the-api-key" },
      security: usernameToken({ username: "me", password: "soap-password" }),
    }).catch((caught: unknown) => caught as MillraceError);
    expect(server.received[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from("me:http-password").toString("base64")}`,
      "x-api-key": "the-api-key",
    });
    const text = JSON.stringify(error);
    expect(text).toContain("***");
    expect(text).not.toMatch(/http-password|soap-password|the-api-key/);
    expect(text).not.toContain(Buffer.from("me:http-password").toString("base64"));
  });
});

describe("a signature", () => {
  const signed = (xml: string): string[] => {
    const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(xml)?.[0] ?? "";
    const verifier = new SignedXml({ publicCert: certificate.cert, idMode: "wssecurity" });
    verifier.loadSignature(signature);
    return verifier.checkSignature(xml) ? verifier.getSignedReferences() : [];
  };

  test.each(["rsa-sha256", "rsa-sha1", "rsa-sha512"] as const)(
    "by %s covers body, time and tokens, and can be checked with the certificate that is sent along",
    async (algorithm) => {
      await good();
      await read({
        input: { Customer: "ž &" },
        security: [
          x509({ ...certificate, algorithm }),
          usernameToken({ username: "me", password: "pass-word" }),
        ],
      });
      const xml = server?.received[0]?.body ?? "";
      const references = signed(xml);
      expect(references).toHaveLength(4);
      expect(references.map((each) => /^<[\w.-]+:(\w+)/.exec(each)?.[1])).toEqual([
        "Body",
        "Timestamp",
        "BinarySecurityToken",
        "UsernameToken",
      ]);
      expect(references[0]).toContain("ž &amp;");
      expect(xml).toContain(certificate.cert.replaceAll(/-----[^-]+-----|\s/g, ""));
      expect(signed(xml.replace("ž", "z"))).toEqual([]);
    },
  );

  test("takes a key with a passphrase", async () => {
    await good();
    await read({
      security: x509({ cert: certificate.cert, key: pem("signer-locked.key"), passphrase: "key-passphrase" }),
    });
    expect(signed(server?.received[0]?.body ?? "")).toHaveLength(3);
  });

  test.each([
    [
      "no key",
      { key: "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----" },
      'option "key" is no private key',
    ],
    ["a passphrase that is missing", { key: pem("signer-locked.key") }, 'option "key" is no private key'],
    ["no certificate", { cert: "nonsense" }, 'option "cert" is no certificate'],
    [
      "a key of another certificate",
      {
        key: generateKeyPairSync("rsa", { modulusLength: 2048 })
          .privateKey.export({ type: "pkcs8", format: "pem" })
          .toString(),
      },
      "the key is not that of the certificate",
    ],
  ])("cannot be made with %s, which is told before anything is sent", async (_name, over, message) => {
    await good();
    const error = await read({ security: x509({ ...certificate, ...over }) }).catch(
      (caught: unknown) => caught as MillraceError,
    );
    expect(error).toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
      message: expect.stringContaining(message) as string,
    });
    expect(JSON.stringify(error)).not.toContain("PRIVATE KEY-----\\n");
    expect(server?.received).toEqual([]);
  });
});
