import fc from 'fast-check';
import { graphPlaceOf } from './graph-place.js';

const placed = (url: string) => {
  const { workload, holder } = graphPlaceOf(url);
  return `${workload ?? '?'} ${holder}`.trim();
};

describe('where in Microsoft Graph a URL leads', () => {
  it.each([
    ['/users/7/messages', 'outlook 7'],
    ['/users/7/mailFolders/inbox/messages/42/attachments', 'outlook 7'],
    ["/users/7/mailFolders('inbox')/messages", 'outlook 7'],
    ['/users/7/events', 'outlook 7'],
    ['/users/7/calendarView?startDateTime=2025-01-01', 'outlook 7'],
    ['/users/7/contacts', 'outlook 7'],
    ['/users/7/outlook/masterCategories', 'outlook 7'],
    ['/users/7/microsoft.graph.sendMail', 'outlook 7'],
    ['/users/7/reminderView(startDateTime=1,endDateTime=2)', 'outlook 7'],
    ['/groups/7/threads', 'outlook 7'],
    ['/me/messages', 'outlook me'],
    ['/me/photo/$value', 'outlook me'],
  ])('%s is a mailbox', (url, place) => {
    expect(placed(url)).toBe(place);
  });

  it.each([
    '/v1.0/users/Ada%40Contoso.example/messages',
    '/beta/users/ada@contoso.example/messages',
    'users/ada@contoso.example/messages',
    '//users//ada@contoso.example/messages'.slice(1),
    "/users('ada@contoso.example')/messages",
    "/users(userPrincipalName='Ada@contoso.example')/messages",
    '/users(%27ada%40contoso.example%27)/messages',
    '/users/ADA@contoso.EXAMPLE/Messages?$top=5#there',
    'https://graph.microsoft.com/v1.0/users/ada@contoso.example/messages?$skiptoken=x',
    '/users/7/../ada@contoso.example/messages',
  ])('%s is the same mailbox, however it is written', (url) => {
    expect(placed(url)).toBe('outlook ada@contoso.example');
  });

  it.each([
    ['/sites/contoso.sharepoint.com,1,2/lists', 'files contoso.sharepoint.com,1,2'],
    ['/sites/root/drive', 'files root'],
    ['/sites/contoso.sharepoint.com:/teams/hr:/lists', 'files contoso.sharepoint.com:/teams/hr'],
    ['/sites/contoso.sharepoint.com:/teams/hr', 'files contoso.sharepoint.com:/teams/hr'],
    ['/sites/delta', 'files'],
    ['/sites?search=hr', 'files'],
    ['/drives/b!1/root:/reports/march.xlsx:/content', 'files b!1'],
    ["/drives('b!1')/items", 'files b!1'],
    ['/users/7/drive/root/children', 'files 7'],
    ['/groups/7/sites/root', 'files 7'],
    ['/me/drive/root', 'files me'],
    ['/shares/u!aHR0cHM6Ly9hLWxpbmsgdGhhdCBsZXRzIHlvdSBpbg/driveItem', 'files'],
  ])('%s is a site or drive', (url, place) => {
    expect(placed(url)).toBe(place);
  });

  it.each([
    ['/teams/7/channels', 'teams 7'],
    ['/chats/7/messages', 'teams 7'],
    ['/me/joinedTeams', 'teams'],
    ['/users', 'directory'],
    ['/users?$filter=startsWith(displayName,%27a%27)', 'directory'],
    ['/users/7', 'directory'],
    ['/users/7/memberOf', 'directory'],
    ['/users/delta?$deltatoken=x', 'directory'],
    ['/users/delta()', 'directory'],
    ['/users/$count', 'directory'],
    ['/groups/7/members/$ref', 'directory'],
    ['/me', 'directory'],
    ['/applications/7', 'directory'],
    ['/contacts', 'directory'],
    ['/auditLogs/signIns', 'reports'],
    ["/reports/getEmailActivityUserDetail(period='D7')", 'reports'],
    ['/security/alerts_v2', 'security'],
    ['/identity/conditionalAccess/policies', 'identity-protection'],
    ['/deviceManagement/managedDevices', 'intune'],
    ['/$batch', 'batch'],
    ['/%24batch', 'batch'],
    ['/me/onenote/pages', 'onenote me'],
    ['/planner/tasks/7', 'planner'],
  ])('%s is %s', (url, place) => {
    expect(placed(url)).toBe(place);
  });

  it.each([
    '',
    '/',
    '?$select=id',
    '#users',
    '/whatever',
    '/constructor',
    '/__proto__/messages',
    '/users(',
    '/%',
  ])('%s is nothing that counts for itself', (url) => {
    expect(placed(url)).toBe('?');
  });

  it('a line break in an id does not tear a log apart', () => {
    expect(placed('/users/7%0Aadmin/messages')).toBe('outlook 7%0aadmin');
    expect(placed('/users/7\nadmin/messages')).toBe('outlook 7%aadmin');
  });
});

const word = fc.constantFrom(
  'users',
  'me',
  'groups',
  'sites',
  'drives',
  'teams',
  'messages',
  'drive',
  'v1.0',
  'delta()',
  'a:',
  '..',
  "x('y')",
  '$batch',
  '%',
  '%00',
  '%2e',
  '😀',
  '\ud800',
  '(',
  "'",
  ')',
);
const path = fc.array(fc.oneof(word, fc.string({ maxLength: 12, unit: 'binary' })), { maxLength: 14 });
const SECRET = 'S3CRET';

it('any text at all has a place, which fits on a line and holds nothing of its query or fragment', () => {
  fc.assert(
    fc.property(
      path,
      fc.constantFrom(
        '',
        '/',
        '//',
        'https://graph.microsoft.com/',
        'https://user:pw@graph.microsoft.com/v1.0/',
        '\\',
      ),
      fc.constantFrom('?', '#'),
      (segments, start, mark) => {
        const url = `${start}${segments.join('/')}${mark}$skiptoken=${SECRET}/users/${SECRET}/messages`;
        const { workload, holder } = graphPlaceOf(url);
        expect(`${workload} ${holder}`).not.toMatch(/S3CRET/i);
        expect(holder).toMatch(/^[^\s\p{Cc}]{0,2200}$/u);
        expect(graphPlaceOf(url)).toEqual({ workload, holder });
      },
    ),
  );
});

it('a version, a query and an origin in front change nothing about the place', () => {
  const id = fc
    .stringMatching(/^[a-zA-Z\d@.,!-]{1,20}$/)
    .filter((text) => !/^\.+$|^v\d+\.\d+$|^beta$/i.test(text) && !text.includes('..'));
  const part = fc.constantFrom('messages', 'drive', 'memberOf', 'onenote', 'chats', '');
  const holders = fc.constantFrom('users', 'groups', 'sites', 'drives', 'teams');
  fc.assert(
    fc.property(holders, id, part, (collection, holder, rest) => {
      const url = `/${collection}/${holder}/${rest}`;
      const usual = graphPlaceOf(url);
      for (const other of [
        `/v1.0${url}`,
        `/beta${url}?$top=1`,
        `https://graph.microsoft.com/v1.0${url}#x`,
        url.toUpperCase(),
      ])
        expect(graphPlaceOf(other)).toEqual(usual);
    }),
  );
});
