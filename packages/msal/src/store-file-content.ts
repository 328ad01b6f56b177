/** One value in a file. */
export interface FileEntry {
  readonly value: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

const FORMAT = 'holdfast-token-store';
const VERSION = 1;

// A few users with some APIs each. Whoever has more of them shares a store between machines as well, which a file is not.
const MOST_ENTRIES = 1_000;

/** How large a file may be, in bytes: all of it is read for one value. */
export const LARGEST_FILE_BYTES = 4_000_000;

/** What is in a file by its text, or what is wrong with it. */
export function readContent(text: string): Map<string, FileEntry> | string {
  let content: Readonly<Record<string, unknown>>;
  try {
    content = { ...(JSON.parse(text) as object) };
  } catch {
    return 'is not JSON, or not all of it';
  }
  const { format, version, entries } = content;
  if (format !== FORMAT) return 'is no token store';
  if (version !== VERSION) return 'is a token store of another version';
  if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) return 'has no entries';
  const read = new Map<string, FileEntry>();
  for (const [key, entry] of Object.entries(entries)) {
    if (!isEntry(entry)) return 'has an entry that is none';
    read.set(key, entry);
  }
  return read;
}

/** The text of a file with these entries: without those that are over, and where it is too much, without those that end soonest. */
export function writeContent(entries: ReadonlyMap<string, FileEntry>, now: number): string {
  const lasting = [...entries].filter(([, { expiresAt }]) => now < expiresAt);
  lasting.sort(([, one], [, other]) => other.expiresAt - one.expiresAt);
  const kept: [string, FileEntry][] = [];
  let bytes = 100;
  for (const [key, { value, expiresAt }] of lasting.slice(0, MOST_ENTRIES)) {
    bytes += Buffer.byteLength(JSON.stringify({ [key]: { value, expiresAt } }));
    if (bytes > LARGEST_FILE_BYTES) break;
    kept.push([key, { value, expiresAt }]);
  }
  return JSON.stringify({ format: FORMAT, version: VERSION, entries: Object.fromEntries(kept) });
}

function isEntry(entry: unknown): entry is FileEntry {
  if (typeof entry !== 'object' || entry === null) return false;
  const { value, expiresAt } = entry as Readonly<Record<string, unknown>>;
  return typeof value === 'string' && typeof expiresAt === 'number';
}
