import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** The machine's start and the namespace in which a pid means something; `?` where the platform does not tell. */
const HOST = readHost();

/**
 * The name of a process that outlives it: whoever reads it later can tell whether the process still runs.
 * `<host>/<pid>/<start of the process in ticks>/<random>`; the last part tells applications in one process apart.
 */
export class ProcessIdentity {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  /** The identity of this process. */
  static async own(): Promise<ProcessIdentity> {
    const startTicks = (await startTicksOf(process.pid)) ?? '?';
    const random = randomBytes(6).toString('hex');
    return new ProcessIdentity([HOST, process.pid, startTicks, random].join('/'));
  }

  /**
   * Whether the process with a name runs.
   * @returns `undefined` when that cannot be told from here: it is, or was, of another machine or container
   */
  static async isAlive(name: string): Promise<boolean | undefined> {
    const [host, pid, startTicks] = name.split('/');
    if (host !== HOST || host.includes('?') || startTicks === '?') return undefined;
    const found = await startTicksOf(Number(pid));
    if (found !== undefined) return found === startTicks;
    return hasEnded(Number(pid)) ? false : undefined;
  }
}

function readHost(): string {
  try {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${bootId}.${readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')}`;
  } catch {
    return '?';
  }
}

/** Field 22 of `/proc/<pid>/stat` (proc(5)); the name before it may hold spaces and brackets. */
async function startTicksOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}

function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // EPERM: it runs, as another user.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
