/** @typedef {'redis-server' | 'postgresql' | 'mariadb-server-core' | 'radosgw' | 'prometheus'} Server a server that tests start, by the name of its Debian package */
/** @typedef {'root' | 'sudo' | 'none'} Privilege how a command becomes root here, without a question */
/** @typedef {{ kind: 'ready' } | { kind: 'install', packages: Server[], privilege: 'root' | 'sudo' } | { kind: 'tell', message: string }} Plan */

/** The variable that names a running server to use in place of one that the tests start. @type {Partial<Record<Server, string>>} */
const replacement = {
  'redis-server': 'TEST_REDIS_URL',
  postgresql: 'TEST_POSTGRES_URL',
  'mariadb-server-core': 'TEST_MARIADB_URL',
  radosgw: 'TEST_S3_URL',
};

/** What a server needs besides its own package. @type {Partial<Record<Server, readonly string[]>>} */
const companions = { radosgw: ['ceph-mon', 'ceph-osd', 'ceph-common'] };

/**
 * What to do so that tests find the servers they talk to.
 * @param {{ missing: readonly Server[], env: NodeJS.ProcessEnv, hasApt: boolean, privilege: () => Privilege }} found
 *   `privilege` is asked only when something has to be installed
 * @returns {Plan}
 */
export function planServers({ missing, env, hasApt, privilege }) {
  const packages = missing.filter((server) => !env[replacement[server] ?? '']);
  if (packages.length === 0) return { kind: 'ready' };
  const granted = hasApt ? privilege() : 'none';
  if (granted !== 'none') return { kind: 'install', packages, privilege: granted };
  return { kind: 'tell', message: missingMessage(packages) };
}

/**
 * @param {readonly Server[]} packages
 * @returns {string} one plain line
 */
export function missingMessage(packages) {
  const variables = packages.flatMap((server) => replacement[server] ?? []).join(' and ');
  const others = variables && `, or set ${variables} to the URL of a running server`;
  const them = packages.length === 1 ? 'it' : 'them';
  return (
    `Tests that talk to real servers need ${packages.join(' and ')}, which cannot be found or installed here. ` +
    `Install ${them}${others}.\n`
  );
}

/**
 * The commands that install packages from Debian or Ubuntu without starting a service or making a cluster.
 * @param {readonly Server[]} packages
 * @returns {string} a script for `sh -e`, to be run as root
 */
export function installScript(packages) {
  return [
    'export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1',
    ...(packages.includes('postgresql') ? withoutCluster : []),
    ...withoutServices,
    'apt-get update',
    `apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold ${withCompanions(packages).join(' ')}`,
  ].join('\n');
}

/** @param {readonly Server[]} packages */
function withCompanions(packages) {
  return packages.flatMap((server) => [server, ...(companions[server] ?? [])]);
}

/** Settings that somebody has made stay as they are. */
const withoutCluster = [
  'settings=/etc/postgresql-common/createcluster.conf',
  'mkdir -p /etc/postgresql-common',
  'test -e "$settings" || echo "create_main_cluster = false" > "$settings"',
];

/** Debian asks policy-rc.d before it starts a service; 101 says no. One that is there already stays. */
const withoutServices = [
  'policy=/usr/sbin/policy-rc.d',
  `if ! test -e "$policy"; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod +x "$policy"
fi`,
];
