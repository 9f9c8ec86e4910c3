import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { describeOwnServers } from './describe-own-servers.js';

const runSource = fileURLToPath(new URL('../run-source.mjs', import.meta.url));
const app = fileURLToPath(new URL('server-warden.app.ts', import.meta.url));

/** Whether anything takes connections on a port; the system does so for a frozen server too. */
async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describeOwnServers('servers of a test process that is killed', () => {
  it('end with it, the frozen ones too, and leave no directory', async () => {
    const child = spawn(process.execPath, [runSource, app], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const told = JSON.parse(line.toString()) as { ports: number[]; directories: string[] };
    expect(await Promise.all(told.ports.map(isListening))).toEqual([true, true, true, true]);
    child.kill('SIGKILL');
    await eventually(async () => {
      expect(await Promise.all(told.ports.map(isListening))).toEqual([false, false, false, false]);
      expect(told.directories.map((directory) => existsSync(directory))).toEqual([false, false]);
    }, 5_000);
  });
});
