/** Who uses a PostgreSQL server of the tests. */
export const account = {
  /** Owner of the database, and no more than that. */
  user: 'mainstay',
  /** Easy to find where it must never appear: in a log, an answer, a metric. */
  password: 'pg-s3cret-0f-the-tests',
  database: 'documents',
  superuser: 'postgres',
  superuserPassword: 'pg-sup3r-s3cret',
} as const;

/** The URL of a database. */
export function postgresUrl(
  port: number,
  user: string,
  password: string,
  database: string = account.database,
): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
}
