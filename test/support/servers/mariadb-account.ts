/** Who uses a MariaDB server of the tests. */
export const mariadbAccount = {
  /** May do everything in the database, and nothing else. */
  user: 'mainstay',
  /** Easy to find where it must never appear: in a log, an answer, a metric. */
  password: 'mariadb-s3cret-0f-the-tests',
  database: 'documents',
  admin: 'admin',
  adminPassword: 'mariadb-4dmin-s3cret',
} as const;

/** The URL of the database. */
export function mariadbUrl(port: number, user: string, password: string): string {
  return `mysql://${user}:${password}@127.0.0.1:${port}/${mariadbAccount.database}`;
}
