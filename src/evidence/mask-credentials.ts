// Takes passwords and tokens out of text before it is shown: log lines, annotations, what a dry run tells.

const MASK = '***';
const URL_USER_INFO = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#@"']*(?:@[^\s/?#@"']*)*@/gi;
const AUTHORIZATION = /\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?)(?:(?:basic|bearer|token)\s+)?[^\s"',;]+/gi;
const BEARER = /\b(bearer\s+)[a-z0-9._~+/=-]{8,}/gi;
const NAMED_SECRET =
  /((?:\b|_)(?:access_?token|auth_?token|token|secret|password|passwd|api_?key|private_?key)["']?\s*[=:]\s*["']?)[^\s"'&,;]+/gi;

/** Replaces the user part of URLs, Authorization values and `token=…`-like values by `***`. */
export function maskCredentials(text: string): string {
  return text
    .replace(URL_USER_INFO, `$1${MASK}@`)
    .replace(AUTHORIZATION, `$1${MASK}`)
    .replace(BEARER, `$1${MASK}`)
    .replace(NAMED_SECRET, `$1${MASK}`);
}
