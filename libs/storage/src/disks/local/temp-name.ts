import type { ProcessIdentity } from 'nestjs-mainstay/common';

const WIDTHS = [8, 10, 8, 12, 8, 8] as const;
const PATTERN = new RegExp(`^\\.t${WIDTHS.map((width) => `-([0-9a-f]{${width}})`).join('')}$`);

/**
 * The name of a temporary file: hidden, of one length whatever the key, and telling who made it.
 * @param disk tells disks of one process apart
 * @param count tells the temporary files of one disk apart
 */
export function tempName(owner: ProcessIdentity, disk: number, count: number): string {
  const parts = [owner.boot, owner.namespace, owner.pid, owner.startTicks, disk, count];
  const text = parts.map((part, index) => hex(part, WIDTHS[index] ?? 0));
  return `.t-${text.join('-')}`;
}

/** Who made a temporary file; `undefined` for a name that is none. */
export function ownerOfTemp(name: string): ProcessIdentity | undefined {
  const match = PATTERN.exec(name);
  if (!match) return undefined;
  const [boot = 0, namespace = 0, pid = 0, startTicks = 0] = match
    .slice(1)
    .map((part) => Number.parseInt(part, 16));
  return { boot, namespace, pid, startTicks };
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, '0').slice(-width);
}
