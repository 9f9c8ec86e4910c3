import { execFileSync } from 'node:child_process';

/**
 * A process and its children, as a server that forks for each connection has them. PostgreSQL puts every child into
 * a process group of its own, so that a signal to the group of the parent would not reach them.
 */
export class ProcessTree {
  readonly #root: number;

  constructor(root: number) {
    this.#root = root;
  }

  /**
   * Sends a signal to all of them.
   *
   * @returns those that it was sent to
   */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): readonly number[] {
    // Frozen first, the parent makes no child that would be missed.
    send(this.#root, 'SIGSTOP');
    const pids = [...childrenOf(this.#root), this.#root];
    for (const pid of pids) send(pid, signal);
    return pids;
  }
}

/** Those that are still there; one that has ended and waits for its parent to notice is not. */
export function survivorsOf(pids: readonly number[]): number[] {
  return processes()
    .filter(({ pid, ended }) => pids.includes(pid) && !ended)
    .map(({ pid }) => pid);
}

function childrenOf(parent: number): number[] {
  return processes()
    .filter((process) => process.parent === parent)
    .map(({ pid }) => pid);
}

function processes(): { pid: number; parent: number; ended: boolean }[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' });
  return table
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [pid, parent, state = ''] = line.trim().split(/\s+/);
      return { pid: Number(pid), parent: Number(parent), ended: state.startsWith('Z') };
    });
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended by itself in between.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
