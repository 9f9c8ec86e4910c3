import { readFile, stat } from 'node:fs/promises';

/**
 * What tells a process from every other one, of other machines and containers and of later ones with its pid, so that who
 * reads it later knows whether it still runs. All parts are whole numbers; 0 where the platform does not tell.
 */
export interface ProcessIdentity {
  /** The start of the machine: the beginning of Linux' boot id. */
  readonly boot: number;
  /** The namespace in which `pid` means something: containers have their own. */
  readonly namespace: number;
  readonly pid: number;
  /** When the process began, in ticks since the boot. */
  readonly startTicks: number;
}

/** The identity of this process. */
export async function currentProcess(): Promise<ProcessIdentity> {
  const [boot, namespace, startTicks] = await Promise.all([
    bootId(),
    pidNamespace(),
    startTicksOf(process.pid),
  ]);
  return { boot, namespace, pid: process.pid, startTicks: startTicks ?? 0 };
}

/**
 * Whether the process that an identity belongs to runs.
 * @param self the identity of this process
 * @returns `undefined` when that cannot be told from here: it is, or was, of another machine or container
 */
export async function isProcessAlive(
  owner: ProcessIdentity,
  self: ProcessIdentity,
): Promise<boolean | undefined> {
  if (self.boot === 0 || owner.boot !== self.boot) return undefined;
  if (self.namespace === 0 || owner.namespace !== self.namespace) return undefined;
  if (!answersSignals(owner.pid)) return false;
  const startTicks = await startTicksOf(owner.pid);
  if (startTicks === undefined || owner.startTicks === 0) return undefined;
  return startTicks === owner.startTicks;
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function bootId(): Promise<number> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '0');
  return Number.parseInt(text.slice(0, 8), 16);
}

async function pidNamespace(): Promise<number> {
  const namespace = await stat('/proc/self/ns/pid').catch(() => undefined);
  return namespace?.ino ?? 0;
}

/** Field 22 of `/proc/<pid>/stat` (proc(5)); the process' name before it may hold spaces and brackets. */
async function startTicksOf(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const ticks = text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  return ticks === undefined ? undefined : Number(ticks);
}
