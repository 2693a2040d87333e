/** Not a connector: the HTTP client that connectors and the code of pipelines share. */

export type { Answer, BodyKind, BodyKinds, RequestTrace } from "../shared/request/answer.ts";
export type { AnswerOrigin } from "../shared/request/arrived.ts";
export type { Charset } from "../shared/request/charset.ts";
export { createClient, type RequestClient } from "../shared/request/client.ts";
export type { ClientOptions, ClientParts } from "../shared/request/client-options.ts";
export type { Redirect } from "../shared/request/follow.ts";
export type { ClientMetrics } from "../shared/request/metrics.ts";
export type { FormFile, Multipart } from "../shared/request/multipart.ts";
export { download, request } from "../shared/request/request.ts";
export type { RequestOptions } from "../shared/request/request-options.ts";
export type { RetryOptions } from "../shared/request/retry-policy.ts";
export type { AnswerHeaders } from "../shared/request/whole-answer.ts";
export {
  replayFrom,
  type ArchiveReader,
  type ReplayOptions,
} from "../shared/request/archive/archive-reader.ts";
export {
  recordTo,
  type ArchiveOptions,
  type ArchiveWriter,
} from "../shared/request/archive/archive-writer.ts";
export {
  responseCache,
  type CacheOptions,
  type ResponseCache,
} from "../shared/request/cache/response-cache.ts";
export type { CookieJar, SavedCookie } from "../shared/request/session/cookie-jar.ts";
export {
  session,
  type SavedSession,
  type Session,
  type SessionOptions,
} from "../shared/request/session/session.ts";
export type { BanRule } from "../shared/proxies/ban-rule.ts";
export { proxyPool, type ProxyPool } from "../shared/proxies/proxy-pool.ts";
export type { ProxyPoolOptions } from "../shared/proxies/pool-options.ts";
export type { ProxyReport, ProxyState } from "../shared/proxies/pooled-proxy.ts";
export type { DownloadOptions, Downloaded } from "../shared/request/download/download.ts";
