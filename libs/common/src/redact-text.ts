const MASK = '***';

/** The names of secrets, alone or at the end of a longer name (`secretAccessKey`, `sslpassword`). */
const TELLING_NAME =
  'password|passwd|pwd|passphrase|pass|secret|token|(?:api|access|account|private|secret)[_-]?key(?:[_-]?id)?|credentials?|authorization|signature|(?<![a-z])sig';

/**
 * A value in quotes (with escaped or doubled ones inside), in those of JSON within JSON, or in the braces of ODBC. Braces
 * have a bound: many that open and do not close would hold the event loop.
 */
const ENCLOSED = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.|'')*'|\\"[^"]{0,2048}"|\{[^}]{0,2048}\}`;

/**
 * What stands between `scheme://` and the last `@` of the word. A password may hold an unescaped `/`, `?` or `#` unless
 * it looks like the port of a host (`https://host:8080/@me`).
 */
const URL_CREDENTIALS =
  /\b([a-z][a-z0-9+.-]{0,19}:\/\/)(?:[^\s/?#@:"']{0,256}:(?!\d+(?:[/?#,]|$))[^\s"']{0,2048}@|[^\s/?#"']{0,2048}@)/gi;

/** `user:password@host` without a scheme, as in the DSN of many drivers. */
const BARE_CREDENTIALS = /(?<![\w.%+-])[\w.%+-]{1,64}:[^\s@:/'"()]{1,256}@(?=[\w([])/g;

/** A telling name and the value after it: `password=…`, `"token": "…"`, `PASSWORD '…'`. */
const ASSIGNED_SECRET = new RegExp(
  String.raw`((?:${TELLING_NAME}|identified by)(?:\\?["']?\s*(?:=>|[=:])\s*|\s+(?=["'])))(?:${ENCLOSED}|(?:bearer|basic)\s+[^\s,;&]+|[^\s,;&)}\]]+)`,
  'gi',
);

/** The option of a command: `--password …`. */
const OPTION = /(--[\w-]{0,32}(?:password|secret|token|key)\s+)[^\s-]\S*/gi;

/** A header with any scheme: `Authorization: Token …`. */
const AUTHORIZATION = /(\bauthorization\s*[=:]\s*)[a-z][\w-]{0,30}\s+[^\s,;&"']+/gi;

const COOKIES = /(\b(?:set-)?cookie["']?\s*[=:]\s*)[^\r\n]+/gi;

/** After a scheme of authentication, what cannot be a word of a sentence: it holds a capital, a digit or padding. */
const SCHEME_TOKEN = /\b((?:[Bb]earer|BEARER|[Bb]asic|BASIC)\s+)(?=\S+[A-Z0-9=])[\w.~+/=-]{6,}/g;

/** Secrets that are known by their form: JWTs, keys of AWS, GitHub, GitLab, Slack, Stripe, OpenAI, Google and npm. */
const KNOWN_FORMS =
  /\b(?:eyJ[\w-]{8,2048}\.[\w-]{8,}\.[\w-]*|A(?:KIA|SIA)[A-Z0-9]{16}|gh[opsur]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}|sk-[\w-]{20,}|[rs]k_(?:live|test)_\w{10,}|AIza[\w-]{30,}|npm_\w{30,})/g;

const PRIVATE_KEY =
  /(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)[^-]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?/g;

/**
 * Removes secrets from text that may be shown: credentials in URLs and DSNs, values after `password=`, `token:` and the
 * like, bearer tokens, and keys that are known by their form. What cannot be recognised by its form is not removed: do
 * not put secrets into messages in the first place.
 * @example
 * redactText('redis://user:hunter2@host/0') // 'redis://***@host/0'
 */
export function redactText(text: string): string {
  return text
    .replace(PRIVATE_KEY, `$1${MASK}`)
    .replace(URL_CREDENTIALS, `$1${MASK}@`)
    .replace(BARE_CREDENTIALS, `${MASK}@`)
    .replace(COOKIES, `$1${MASK}`)
    .replace(AUTHORIZATION, `$1${MASK}`)
    .replace(ASSIGNED_SECRET, `$1${MASK}`)
    .replace(OPTION, `$1${MASK}`)
    .replace(SCHEME_TOKEN, `$1${MASK}`)
    .replace(KNOWN_FORMS, MASK);
}

const NAMED = new RegExp(`(?:${TELLING_NAME})$`, 'i');

/** Removes secrets from a value that has a name: all of it when the name is that of a secret. */
export function redactNamed(name: string, value: string): string {
  return NAMED.test(name) ? MASK : redactText(value);
}
