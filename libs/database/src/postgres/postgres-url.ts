/** Parameters of the URL that would contradict the options named here; pg lets them win over everything. */
const CONFIGURED_ELSEWHERE: Readonly<Record<string, string>> = {
  statement_timeout: 'statementTimeout',
  query_timeout: 'statementTimeout',
  idle_in_transaction_session_timeout: 'transactionTimeout',
  connectionTimeoutMillis: 'connectTimeout',
  connect_timeout: 'connectTimeout',
  max: 'poolSize',
};

/**
 * What is wrong with a URL of a PostgreSQL database.
 * @returns `undefined` when it names a host and a database
 */
export function findPostgresUrlProblem(text: string): string | undefined {
  const url = parse(text);
  if (!url) return 'must be a URL like postgres://user:password@host:5432/database';
  // pg would encode the whole once more then, and send another password.
  if (/\s/.test(text) || !isEncoded(text)) {
    return 'must have special characters percent-encoded in user, password and database: % is %25, a space %20';
  }
  const isOnSocket = url.searchParams.has('host');
  if (url.hostname === '' && !isOnSocket) return 'must name a host';
  if (url.pathname.length < 2) return 'must name a database after the host';
  for (const name of url.searchParams.keys()) {
    const option = Object.hasOwn(CONFIGURED_ELSEWHERE, name)
      ? CONFIGURED_ELSEWHERE[name]
      : undefined;
    if (option !== undefined)
      return `must not have the parameter ${name}; set the option ${option} instead`;
  }
  return undefined;
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
