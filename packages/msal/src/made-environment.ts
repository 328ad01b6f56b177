import nock from 'nock';

/** A token endpoint for every host: its tokens say who was asked, for which tenant, by which application, with what. */
export function tellingWhoAsks(): void {
  nock(/^https:\/\/./)
    .persist()
    .post(/./)
    .reply(function answer(path, body) {
      const form = new URLSearchParams(
        String(
          typeof body === 'string' ? body : new URLSearchParams(body as object as Record<string, string>),
        ),
      );
      const [, tenant] = path.split('/');
      const who = `${String(this.req.headers['host'])}/${tenant} ${form.get('client_id')} ${proofIn(form)}`;
      return [200, { token_type: 'Bearer', expires_in: 3599, access_token: who }];
    });
}

function proofIn(form: URLSearchParams): string {
  const assertion = form.get('client_assertion');
  if (assertion === null) return form.has('client_secret') ? 'secret' : 'nothing';
  const [header = ''] = assertion.split('.');
  const text = Buffer.from(header, 'base64url').toString();
  if (!text.startsWith('{')) return `assertion ${assertion}`;
  return 'x5c' in (JSON.parse(text) as object) ? 'certificate with its chain' : 'certificate';
}
