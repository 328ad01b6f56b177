/** A service behind Microsoft Graph that counts for itself, and of which one may be down while the others work. */
type GraphWorkload =
  | 'batch'
  | 'communications'
  | 'directory'
  | 'education'
  | 'files'
  | 'identity-protection'
  | 'insights'
  | 'intune'
  | 'onenote'
  | 'outlook'
  | 'planner'
  | 'reports'
  | 'search'
  | 'security'
  | 'subscriptions'
  | 'teams';

/** Where in Microsoft Graph a URL leads. */
export interface GraphPlace {
  /** `undefined` for one that is not known. */
  readonly workload: GraphWorkload | undefined;
  /** Whose mailbox, site, drive or team it is: `me`, or an id in lower case; empty where the workload counts as a whole. */
  readonly holder: string;
}

// https://learn.microsoft.com/graph/throttling-limits names the services and what they answer for.
const BY_COLLECTION: Readonly<Record<string, GraphWorkload>> = {
  $batch: 'batch',
  admin: 'reports',
  administrativeunits: 'directory',
  appcatalogs: 'teams',
  applications: 'directory',
  applicationtemplates: 'directory',
  auditlogs: 'reports',
  communications: 'communications',
  contacts: 'directory',
  contracts: 'directory',
  deviceappmanagement: 'intune',
  devicemanagement: 'intune',
  devices: 'directory',
  directory: 'directory',
  directoryobjects: 'directory',
  directoryroles: 'directory',
  directoryroletemplates: 'directory',
  domains: 'directory',
  education: 'education',
  external: 'search',
  getbyids: 'directory',
  grouplifecyclepolicies: 'directory',
  groupsettings: 'directory',
  identity: 'identity-protection',
  identityprotection: 'identity-protection',
  invitations: 'directory',
  oauth2permissiongrants: 'directory',
  organization: 'directory',
  planner: 'planner',
  policies: 'directory',
  reports: 'reports',
  rolemanagement: 'directory',
  search: 'search',
  security: 'security',
  serviceprincipals: 'directory',
  // What follows is a link that lets everybody in who has it: no key may hold one.
  shares: 'files',
  subscribedskus: 'directory',
  subscriptions: 'subscriptions',
  teamwork: 'teams',
};

/** Collections of which each member has a key of its own. */
const BY_MEMBER: Readonly<Record<string, GraphWorkload>> = {
  chats: 'teams',
  drives: 'files',
  sites: 'files',
  teams: 'teams',
};

/** What a user or a group has elsewhere than in the directory. */
const OF_PRINCIPAL: Readonly<Record<string, GraphWorkload>> = {
  calendar: 'outlook',
  calendargroups: 'outlook',
  calendars: 'outlook',
  calendarview: 'outlook',
  contactfolders: 'outlook',
  contacts: 'outlook',
  conversations: 'outlook',
  events: 'outlook',
  findmeetingtimes: 'outlook',
  getmailtips: 'outlook',
  inferenceclassification: 'outlook',
  mailboxsettings: 'outlook',
  mailfolders: 'outlook',
  messages: 'outlook',
  outlook: 'outlook',
  people: 'outlook',
  photo: 'outlook',
  photos: 'outlook',
  reminderview: 'outlook',
  sendmail: 'outlook',
  threads: 'outlook',
  todo: 'outlook',
  drive: 'files',
  drives: 'files',
  followedsites: 'files',
  sites: 'files',
  insights: 'insights',
  onenote: 'onenote',
  planner: 'planner',
  chats: 'teams',
  joinedteams: 'teams',
  team: 'teams',
  teamwork: 'teams',
  onlinemeetings: 'communications',
  presence: 'communications',
  manageddevices: 'intune',
};

/** Those that count by the mailbox, drive or notebook, and not by the app alone. */
const COUNTED_BY_HOLDER: ReadonlySet<GraphWorkload> = new Set(['outlook', 'files', 'insights', 'onenote']);

/** What stands where an id could be. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  '$count',
  'delta',
  'getallchats',
  'getallmessages',
  'getallsites',
  'getbyids',
  'getbyuseridandrole',
]);

const DIRECTORY: GraphPlace = { workload: 'directory', holder: '' };

/** Gate and breaker ask for the same request, and a client asks for the same few paths. */
const MOST_KNOWN = 1_000;
const known = new Map<string, GraphPlace>();

/** Reads a URL, as it was written or absolute, without its query and fragment. Any text at all: what cannot be told has no workload. */
export function graphPlaceOf(url: string): GraphPlace {
  const path = withoutQuery(url).slice(0, LONGEST_PATH);
  const place = known.get(path);
  if (place !== undefined) return place;
  if (known.size >= MOST_KNOWN) known.clear();
  const read = placeIn(segmentsOf(path));
  known.set(path, read);
  return read;
}

function placeIn([collection = '', member = '', part = '']: readonly string[]): GraphPlace {
  if (collection === 'me') return ofPrincipal('me', nameOf(member));
  if (collection === 'users' || collection === 'groups')
    return isFunction(member) ? DIRECTORY : ofPrincipal(member, nameOf(part));
  const byMember = own(BY_MEMBER, collection);
  if (byMember !== undefined) return { workload: byMember, holder: isFunction(member) ? '' : member };
  return { workload: own(BY_COLLECTION, nameOf(collection)), holder: '' };
}

function ofPrincipal(holder: string, part: string): GraphPlace {
  const workload = own(OF_PRINCIPAL, part) ?? 'directory';
  return { workload, holder: COUNTED_BY_HOLDER.has(workload) ? holder : '' };
}

function own(table: Readonly<Record<string, GraphWorkload>>, name: string): GraphWorkload | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function isFunction(member: string): boolean {
  return member === '' || FUNCTIONS.has(nameOf(member));
}

const NAMESPACE = /^microsoft\.graph\./;

/** The name of a part: `mailfolders` of `mailfolders('inbox')`. */
function nameOf(segment: string): string {
  const end = segment.indexOf('(');
  return (end === -1 ? segment : segment.slice(0, end)).replace(NAMESPACE, '');
}

const ABSOLUTE = /^(?:[a-z][a-z\d+.-]*:)?\/\//i;
const CLIMBING = /\.\.|%2e|\\/i;
/** A key is held for each of thousands: what is longer is not looked at. */
const LONGEST_PATH = 2_048;
/** Those that say where it leads. What comes after them is in the rest. */
const MOST_SEGMENTS = 12;

/** Those of the path, below the version, in lower case; `users('7')` is `users`, `7`. */
function segmentsOf(url: string): string[] {
  const segments = pathOf(url).split('/', MOST_SEGMENTS).filter(isPresent);
  if (/^(?:v\d+\.\d+|beta)$/i.test(segments[0] ?? '')) segments.shift();
  const [first = '', ...rest] = segments;
  const [collection, ...key] = keyed(readable(first));
  return [collection, ...siteAddress(collection, [...key, ...rest.map(readable)])];
}

function isPresent(segment: string): boolean {
  return segment !== '';
}

function withoutQuery(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

function pathOf(url: string): string {
  const isAbsolute = ABSOLUTE.test(url);
  if (!isAbsolute && !CLIMBING.test(url)) return url;
  const base = 'https://graph.invalid/v1.0/';
  const text = isAbsolute ? url : url.replace(/^[/\\]+/, '');
  return URL.canParse(text, base) ? new URL(text, base).pathname : '';
}

/** The key of an entity may stand in parentheses: https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_CanonicalURL */
function keyed(segment: string): [collection: string, ...key: string[]] {
  const [, collection, key = ''] = /^(users|groups|sites|drives|teams|chats)\((.*)\)$/s.exec(segment) ?? [];
  if (collection === undefined) return [segment];
  const id = key.replace(/^\w+=/, '').replace(/^'(.*)'$/s, '$1');
  return [collection, id];
}

/** A site may be told by its address, between colons: `sites/contoso.sharepoint.com:/teams/hr:/lists`. */
function siteAddress(collection: string, segments: readonly string[]): readonly string[] {
  const [host = ''] = segments;
  if (collection !== 'sites' || !host.endsWith(':')) return segments;
  const end = segments.findIndex((segment, index) => index > 0 && segment.endsWith(':'));
  const last = end === -1 ? segments.length : end + 1;
  return [segments.slice(0, last).join('/').replace(/:$/, ''), ...segments.slice(last)];
}

const LONGEST_SEGMENT = 200;
const PLAIN = /^[!-$&-~]*$/;
const UNREADABLE = /[\s\p{Cc}\p{Cf}\p{Cs}]/u;

/** A percent-encoded id is the same mailbox. What would tear a line of a log apart stays encoded. */
function readable(segment: string): string {
  if (PLAIN.test(segment)) return segment.toLowerCase().slice(0, LONGEST_SEGMENT);
  const lower = decoded(segment).toLowerCase().slice(0, LONGEST_SEGMENT);
  return UNREADABLE.test(lower) ? encoded(segment.toLowerCase()).slice(0, LONGEST_SEGMENT) : lower;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function encoded(segment: string): string {
  return segment.replace(/[^\x21-\x7e]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}
