import { describe } from 'vitest';

/** The variables that name running servers, which tests then use in place of their own. */
const borrowed = ['TEST_REDIS_URL', 'TEST_POSTGRES_URL', 'TEST_MARIADB_URL', 'TEST_S3_URL'].filter(
  (name) => process.env[name],
);

const reason = `skipped: the servers of ${borrowed.join(' and ')} must not be killed or frozen`;

/** Tests that kill, freeze or restart servers. They are skipped, with the reason, where servers are only borrowed. */
export function describeOwnServers(name: string, tests: () => void): void {
  const isBorrowed = borrowed.length > 0;
  describe.skipIf(isBorrowed)(`${name}${isBorrowed ? ` (${reason})` : ''}`, () => {
    tests();
  });
}
