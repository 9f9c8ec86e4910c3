const MASK = '***';

/**
 * What stands between `scheme://` and the last `@` of the word. A password may hold an unescaped `/`, `?` or `#` unless
 * it looks like the port of a host (`https://host:8080/@me`).
 */
const URL_CREDENTIALS =
  /\b([a-z][a-z0-9+.-]{0,19}:\/\/)(?:[^\s/?#@:"']{0,256}:(?!\d+(?:[/?#,]|$))[^\s"']{0,2048}@|[^\s/?#"']{0,2048}@)/gi;

/** A telling name, alone or at the end of a longer one (`secretAccessKey`, `sslpassword`), and the value after it. */
const ASSIGNED_SECRET =
  /((?:password|passwd|pwd|passphrase|pass|secret|token|(?:api|access|account|private|secret)[_-]?key(?:[_-]?id)?|credentials?|authorization|signature)["']?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|(?:bearer|basic)\s+[^\s,;&]+|[^\s,;&)}\]]+)/gi;

/**
 * Removes secrets from text that may be shown: credentials in URLs, and values after `password=`, `token:` and the
 * like. What cannot be recognised by its form is not removed: do not put secrets into messages in the first place.
 * @example
 * redactText('redis://user:hunter2@host/0') // 'redis://***@host/0'
 */
export function redactText(text: string): string {
  return text.replace(URL_CREDENTIALS, `$1${MASK}@`).replace(ASSIGNED_SECRET, `$1${MASK}`);
}
