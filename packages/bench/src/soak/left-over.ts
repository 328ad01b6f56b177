import { readdirSync, readlinkSync } from 'node:fs';

/** What a process holds, by its kind: `socket`, `TCPSocketWrap`, `listeners of warning`. */
export type Holdings = ReadonlyMap<string, number>;

/** Handles, timers that keep the process alive, listeners of the process and, on Linux, open files. */
export function holdings(): Holdings {
  const found = new Map<string, number>();
  const add = (kind: string, count = 1): void => {
    found.set(kind, (found.get(kind) ?? 0) + count);
  };
  for (const kind of process.getActiveResourcesInfo()) add(kind);
  for (const name of process.eventNames()) add(`listeners of ${String(name)}`, process.listenerCount(name));
  for (const kind of openFiles()) add(kind);
  return found;
}

/** What is held now and was not before. */
export function leftOver(before: Holdings, now: Holdings): Map<string, number> {
  const more = [...now].map(([kind, count]): [string, number] => [kind, count - (before.get(kind) ?? 0)]);
  return new Map(more.filter(([, count]) => count > 0));
}

const FILES = '/proc/self/fd';

/** Each by what it is: `socket`, `pipe`, or its path. */
function openFiles(): readonly string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync(FILES).flatMap((file) => {
    try {
      const target = readlinkSync(`${FILES}/${file}`);
      const [kind = '', rest] = target.split(':');
      return [`open file: ${rest === undefined ? target : kind}`];
    } catch {
      // That by which the directory was read.
      return [];
    }
  });
}
