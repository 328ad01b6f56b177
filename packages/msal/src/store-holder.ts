import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { codeOf } from './store-file-system.js';

/** A process that holds something, as another one can tell whether it is still there. */
export interface StoreHolder {
  readonly pid: number;
  /** Where that number means this process: the machine since its start, and the container. */
  readonly place: string;
  /** When it began, as the kernel counts: the next process of that number began later. Empty where nobody says. */
  readonly began: string;
}

/** This process. */
export function thisHolder(): StoreHolder {
  return { pid: process.pid, place, began: beganAt(process.pid) ?? '' };
}

const place = [hostname(), fileAt('/proc/sys/kernel/random/boot_id'), linkAt('/proc/self/ns/pid')].join(' ');

/** Whether a holder is dead for sure. Of one somewhere else nobody knows. */
export function isDead(holder: StoreHolder): boolean {
  if (holder.place !== place) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // It is there, and somebody else's.
    return codeOf(error) !== 'EPERM';
  }
  const began = beganAt(holder.pid);
  return began !== undefined && holder.began !== '' && began !== holder.began;
}

/** Linux only; `gone` for one that has died, and that its parent has not asked about yet. */
function beganAt(pid: number): string | undefined {
  const stat = fileAt(`/proc/${pid}/stat`);
  // After the name, which may have spaces and brackets: the state, and 19 members later the start.
  const members = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (members.length < 20) return undefined;
  return members[0] === 'Z' || members[0] === 'X' ? 'gone' : members[19];
}

function fileAt(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function linkAt(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
