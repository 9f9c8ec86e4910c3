import { execFileSync } from 'node:child_process';

/** A user of the system, as `spawn` takes it. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** Whom a server runs as that refuses root: the user of its package, else nobody; everybody but root runs it in person. */
export function unprivilegedUser(ofPackage: string): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const user = userNamed(ofPackage) ?? userNamed('nobody');
  if (!user)
    throw new Error(`There is no user to run the server of ${ofPackage} as, and it refuses root.`);
  return user;
}

function userNamed(name: string): SystemUser | undefined {
  try {
    return { uid: idOf('-u', name), gid: idOf('-g', name) };
  } catch {
    return undefined; // no such user
  }
}

function idOf(kind: '-u' | '-g', name: string): number {
  return Number(execFileSync('id', [kind, name], { encoding: 'utf8', stdio: 'pipe' }));
}
