import { spawnSync } from 'node:child_process';
import { accessSync } from 'node:fs';

import {
  findMariadb,
  findPostgresPrograms,
  findPrometheusPrograms,
  findRedisServer,
  hasCeph,
} from './find-servers.mjs';
import { installScript, missingMessage, planServers } from './plan-servers.mjs';

/** @typedef {import('./plan-servers.mjs').Privilege} Privilege */
/** @typedef {import('./plan-servers.mjs').Server} Server */

/**
 * Makes the servers that tests start available, where that is possible without a question.
 *
 * It never fails: tests that need none of them run all the same, the others say what is missing.
 */
export function installServers() {
  const missing = missingServers();
  const plan = planServers({
    missing,
    env: process.env,
    hasApt: hasApt(),
    privilege: askPrivilege,
  });
  if (plan.kind === 'tell') process.stderr.write(plan.message);
  if (plan.kind !== 'install') return;
  process.stderr.write(`Installing ${plan.packages.join(' and ')} (apt-get) …\n`);
  const output = runAsRoot(installScript(plan.packages), plan.privilege);
  const stillMissing = missingServers().filter((server) => plan.packages.includes(server));
  if (stillMissing.length > 0) process.stderr.write(output + missingMessage(stillMissing));
}

/** @returns {Server[]} */
function missingServers() {
  /** @type {Server[]} */
  const missing = [];
  if (findRedisServer() === undefined) missing.push('redis-server');
  if (findPostgresPrograms() === undefined) missing.push('postgresql');
  if (findMariadb() === undefined) missing.push('mariadb-server-core');
  if (!hasCeph()) missing.push('radosgw');
  if (findPrometheusPrograms() === undefined) missing.push('prometheus');
  return missing;
}

function hasApt() {
  try {
    accessSync('/usr/bin/apt-get');
    return true;
  } catch {
    return false;
  }
}

/** @returns {Privilege} */
function askPrivilege() {
  if (process.getuid?.() === 0) return 'root';
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? 'sudo' : 'none';
}

/**
 * @param {string} script
 * @param {'root' | 'sudo'} privilege
 * @returns {string} what it wrote
 */
function runAsRoot(script, privilege) {
  const command = ['sh', '-ec', script];
  const [program = '', ...args] = privilege === 'sudo' ? ['sudo', '-n', ...command] : command;
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return stdout + stderr;
}
