import { spawn } from 'node:child_process';
import { constants } from 'node:os';

import { root } from './root.mjs';

/** @typedef {'SIGINT' | 'SIGTERM' | 'SIGHUP'} EndingSignal */
/** @type {readonly EndingSignal[]} */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** How long a command may take to end after a signal; npm, for one, would first finish a roll-back. */
const graceMs = 5_000;

/**
 * Runs one command in the repository's root and gives its exit code.
 *
 * A signal that asks this process to end is passed on to the command; once the command is gone,
 * this process ends the way the signal asked, so that no child is ever left behind.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean, env?: NodeJS.ProcessEnv }} [options] `quiet`: show the output only on failure
 * @returns {Promise<number>}
 */
async function runCommand(command, args, { quiet = false, env = process.env } = {}) {
  const child = spawn(command, args, {
    cwd: root,
    env,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  });
  /** @type {Buffer[]} */
  const output = [];
  child.stdout?.on('data', (chunk) => output.push(chunk));
  child.stderr?.on('data', (chunk) => output.push(chunk));

  /** @type {EndingSignal | undefined} */
  let asked;
  /** @param {EndingSignal} signal */
  const forward = (signal) => {
    asked = signal;
    child.kill(signal);
    setTimeout(() => child.kill('SIGKILL'), graceMs).unref();
  };
  for (const signal of endingSignals) process.on(signal, forward);
  try {
    const code = await exitCode(child);
    if (asked) process.exit(128 + constants.signals[asked]);
    if (quiet && code !== 0) process.stderr.write(Buffer.concat(output));
    return code;
  } finally {
    for (const signal of endingSignals) process.off(signal, forward);
  }
}

/**
 * Runs npm itself: the one that started this script, or else the one on the PATH.
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean, env?: NodeJS.ProcessEnv }} [options]
 */
export function runNpm(args, options) {
  const npm = process.env.npm_execpath;
  return npm?.endsWith('.js')
    ? runCommand(process.execPath, [npm, ...args], options)
    : runCommand('npm', args, options);
}

/**
 * Runs a tool of node_modules by its entry file, without a shell or npx in between.
 * @param {string} entry for example `typescript/bin/tsc`
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean, env?: NodeJS.ProcessEnv }} [options]
 */
export function runTool(entry, args, options) {
  return runCommand(process.execPath, [`node_modules/${entry}`, ...args], options);
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>}
 */
function exitCode(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 1));
    });
  });
}
