/** Parameters of the URL that would contradict the configuration; pg lets them win over everything. */
const CONFIGURED_ELSEWHERE: Readonly<Record<string, string>> = {
  statement_timeout: 'DATABASE_STATEMENT_TIMEOUT',
  query_timeout: 'DATABASE_STATEMENT_TIMEOUT',
  idle_in_transaction_session_timeout: 'DATABASE_TRANSACTION_TIMEOUT',
  connectionTimeoutMillis: 'DATABASE_CONNECT_TIMEOUT',
  connect_timeout: 'DATABASE_CONNECT_TIMEOUT',
  max: 'DATABASE_POOL_SIZE',
};

/**
 * What is wrong with a URL of a PostgreSQL database.
 * @returns `undefined` when it names a host and a database
 */
export function findPostgresUrlProblem(text: string): string | undefined {
  const url = parse(text);
  if (!url) return 'must be a URL like postgres://user:password@host:5432/database';
  const isOnSocket = url.searchParams.has('host');
  if (url.hostname === '' && !isOnSocket) return 'must name a host';
  if (url.pathname.length < 2) return 'must name a database after the host';
  for (const name of url.searchParams.keys()) {
    const variable = Object.hasOwn(CONFIGURED_ELSEWHERE, name)
      ? CONFIGURED_ELSEWHERE[name]
      : undefined;
    if (variable !== undefined) return `must not have the parameter ${name}; set ${variable}`;
  }
  return undefined;
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
