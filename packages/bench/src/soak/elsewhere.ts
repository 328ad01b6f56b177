import { createServer } from 'node:http';
import { Listening } from './listening.js';
import type { ServerRecord } from './server-record.js';

/** By which a service knows the application beside its token. */
export const SECRET_HEADER = 'x-api-key';

/** An origin to which redirects lead, and that no token is for. */
export async function startElsewhere(record: ServerRecord): Promise<Listening> {
  return Listening.on(
    createServer(({ headers, url = '' }, response) => {
      if (headers.authorization !== undefined || headers[SECRET_HEADER] !== undefined)
        record.violations.secretsElsewhere += 1;
      response.end(JSON.stringify({ id: url.slice(1), elsewhere: true }));
    }),
  );
}
