import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where Debian and Ubuntu keep the programs of each PostgreSQL version, outside the PATH. */
const postgresHome = '/usr/lib/postgresql';

/** The programs that a PostgreSQL server of one's own takes. */
const postgresPrograms = ['postgres', 'initdb'];

/**
 * The program of a Redis server.
 * @param {string} [path] the folders to look in, as in the variable PATH
 * @returns {string | undefined} its absolute path
 */
export function findRedisServer(path = process.env.PATH) {
  return foldersOf(path)
    .map((folder) => join(folder, 'redis-server'))
    .find(isExecutable);
}

/**
 * The folder with the programs of PostgreSQL, of the newest version that there is.
 * @param {string} [path] the folders to look in besides, as in the variable PATH
 * @param {string} [home]
 * @returns {string | undefined} its absolute path
 */
export function findPostgresPrograms(path = process.env.PATH, home = postgresHome) {
  return [...versionFolders(home), ...foldersOf(path)].find((folder) =>
    postgresPrograms.every((program) => isExecutable(join(folder, program))),
  );
}

/** Where MariaDB keeps the statements that make its own tables, and their names by version. */
const mariadbHomes = ['/usr/share/mariadb', '/usr/share/mysql'];
const mariadbTables = ['mariadb_system_tables', 'mysql_system_tables'];

/** Where Debian keeps the programs of servers, which is not on everybody's PATH. */
const serverFolder = '/usr/sbin';

/**
 * What a MariaDB server of one's own takes: its program, and the statements that make its own tables.
 * @param {string} [path] the folders to look in, as in the variable PATH
 * @param {readonly string[]} [homes]
 * @returns {{ program: string, home: string, tables: string } | undefined} `tables` is the beginning of the files' names
 */
export function findMariadb(
  path = `${process.env.PATH}${delimiter}${serverFolder}`,
  homes = mariadbHomes,
) {
  const program = foldersOf(path)
    .map((folder) => join(folder, 'mariadbd'))
    .find(isExecutable);
  const places = homes.flatMap((home) => mariadbTables.map((tables) => ({ home, tables })));
  const place = places.find(({ home, tables }) => entriesOf(home).includes(`${tables}.sql`));
  return program && place ? { program, ...place } : undefined;
}

/** The programs that an S3 server of one's own takes: Ceph's gateway, with a monitor and a store behind it. */
const cephPrograms = [
  'radosgw',
  'radosgw-admin',
  'ceph-mon',
  'ceph-osd',
  'ceph',
  'ceph-authtool',
  'monmaptool',
];

/**
 * Whether the programs of Ceph are here.
 * @param {string} [path] the folders to look in, as in the variable PATH
 */
export function hasCeph(path = process.env.PATH) {
  const folders = foldersOf(path);
  return cephPrograms.every((program) =>
    folders.some((folder) => isExecutable(join(folder, program))),
  );
}

/** The programs of Prometheus: the server, and what checks metrics and rules. */
const prometheusPrograms = ['prometheus', 'promtool'];

/**
 * The folder with the programs of Prometheus.
 * @param {string} [path] the folders to look in, as in the variable PATH
 * @returns {string | undefined} its absolute path
 */
export function findPrometheusPrograms(path = process.env.PATH) {
  return foldersOf(path).find((folder) =>
    prometheusPrograms.every((program) => isExecutable(join(folder, program))),
  );
}

/** @param {string | undefined} path */
function foldersOf(path = '') {
  return path.split(delimiter).filter(Boolean);
}

/** @param {string} home */
function versionFolders(home) {
  return entriesOf(home)
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(home, version, 'bin'));
}

/** @param {string} folder */
function entriesOf(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return []; // not a system that keeps them there
  }
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
