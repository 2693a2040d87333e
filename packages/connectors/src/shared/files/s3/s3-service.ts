import { MillraceError } from "@millrace/core";
import type { AwsV4Signer } from "aws4fetch";
import type { S3Options } from "./s3-options.ts";

/** A connector's settings by name, such as AWS_REGION. */
export type Settings = (name: string) => string | undefined;

/** SHA-256 of nothing: what requests without a body are signed with. */
const NO_BODY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Where the objects of one source are, and how requests for them are signed (AWS Signature Version 4). */
export class S3Service {
  readonly #region: string;
  readonly #endpoint: URL | undefined;
  readonly #pathStyle: boolean;
  readonly #keys: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined;

  /** Fails with MLR_ARGUMENT_INVALID where only half of the credentials is given. */
  constructor(options: S3Options, setting: Settings) {
    const first = (...names: string[]): string | undefined =>
      names.map(setting).find((value) => value !== undefined && value !== "");
    const endpoint = options.endpoint ?? first("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
    this.#endpoint = endpoint === undefined ? undefined : endpointUrl(endpoint);
    this.#region = options.region ?? first("AWS_REGION", "AWS_DEFAULT_REGION") ?? "us-east-1";
    this.#pathStyle = options.pathStyle ?? this.#endpoint !== undefined;
    const own = options.accessKeyId !== undefined || options.secretAccessKey !== undefined;
    const accessKeyId = own ? options.accessKeyId : first("AWS_ACCESS_KEY_ID");
    const secretAccessKey = own ? options.secretAccessKey : first("AWS_SECRET_ACCESS_KEY");
    const sessionToken = own ? options.sessionToken : first("AWS_SESSION_TOKEN");
    if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `s3: ${accessKeyId === undefined ? "accessKeyId" : "secretAccessKey"} is missing beside the other part of the credentials`,
        { hint: "Give both (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or none for public buckets." },
      );
    }
    if (accessKeyId !== undefined && secretAccessKey !== undefined)
      this.#keys = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  }

  /** The address of an object, or of the bucket where there is no key. */
  address(bucket: string, key = ""): URL {
    const base = this.#endpoint ?? new URL(`https://s3.${this.#region}.amazonaws.com`);
    const url = new URL(base);
    // Names with dots do not fit the certificates of buckets' own hosts.
    const inPath = this.#pathStyle || bucket.includes(".");
    if (!inPath) url.host = `${bucket}.${url.host}`;
    const path = key.split("/").map(encodePart).join("/");
    url.pathname = `${base.pathname.replace(/\/$/, "")}${inPath ? `/${bucket}` : ""}/${path}`;
    return url;
  }

  /** Headers that a request to this address is sent with, signed where there are credentials. @param of a GET where nothing is said. */
  async headers(
    url: URL,
    headers: Readonly<Record<string, string>>,
    of: { readonly method?: string; readonly payloadHash?: string } = {},
  ): Promise<Record<string, string>> {
    if (this.#keys === undefined) return { ...headers };
    const { AwsV4Signer: Signer } = (await import("aws4fetch")) as { AwsV4Signer: typeof AwsV4Signer };
    const signer = new Signer({
      ...this.#keys,
      url: url.href,
      method: of.method ?? "GET",
      headers: { ...headers, "x-amz-content-sha256": of.payloadHash ?? NO_BODY },
      service: "s3",
      region: this.#region,
    });
    const signed = await signer.sign();
    return Object.fromEntries(signed.headers as unknown as Iterable<[string, string]>);
  }
}

/** What AWS leaves as it is in a path: unreserved characters. */
function encodePart(part: string): string {
  return encodeURIComponent(part).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function endpointUrl(endpoint: string): URL {
  if (URL.canParse(endpoint)) return new URL(endpoint);
  throw new MillraceError("MLR_ARGUMENT_INVALID", "s3: the endpoint is no address", {
    hint: "Write it as https://host:port.",
  });
}
