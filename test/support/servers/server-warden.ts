import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';

/**
 * Reads lists of process ids, the last one counts. At the end of its input it kills them, frees the shared memory that
 * a killed PostgreSQL leaves in the system, and removes the server's directory.
 */
const SCRIPT = `
while read -r line; do pids=$line; done
test -z "$pids" || kill -KILL $pids 2>/dev/null
pidfile="$1/data/postmaster.pid"
test ! -e "$pidfile" || ipcrm -m "$(sed -n '7s/.* //p' "$pidfile")" 2>/dev/null
rm -rf "$1" 2>/dev/null || { sleep 1; rm -rf "$1"; }
`;

/**
 * Sees to it that nothing of a server outlives the test process, however that ends: a small process of its own that
 * waits for the end of a pipe from here.
 */
export class ServerWarden {
  readonly #process: ChildProcess;
  readonly #orders: Writable;

  /** @param directory what is removed in the end */
  constructor(directory: string) {
    const warden = spawn('sh', ['-c', SCRIPT, 'sh', directory], {
      cwd: '/',
      detached: true, // Ctrl-C ends the tests, not this
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    warden.unref();
    this.#process = warden;
    this.#orders = warden.stdin;
  }

  /** Names the processes to kill, in place of those named before. */
  watch(pids: readonly number[]): void {
    this.#orders.write(`${pids.join(' ')}\n`);
  }

  /** Does now what it would do at the end of the test process. */
  async dismiss(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.ref();
    const done = once(this.#process, 'exit');
    this.#orders.end();
    await done;
  }
}
