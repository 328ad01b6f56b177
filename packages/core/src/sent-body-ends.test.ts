import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import axios, { AxiosError, type AxiosRequestConfig } from 'axios';
import { callOf, install, outcomeOfError, type Interceptor } from './index.js';
import { seenBody, serve, type BodyServer } from './made-body-server.js';

const CHUNK = Buffer.alloc(65_536, 'x');

let server: BodyServer;

afterEach(() => {
  server.close();
});

async function clientOf(adapter: string, listener: RequestListener, ...interceptors: Interceptor[]) {
  server = await serve(listener);
  const client = axios.create({ baseURL: server.url, adapter });
  install(client, interceptors.length > 0 ? interceptors : [(next) => next]);
  return (body: () => Readable | ReadableStream, config: AxiosRequestConfig = {}) =>
    client.put('/x', undefined, { ...config, holdfast: { body } });
}

const errorOf = (promise: Promise<unknown>): Promise<AxiosError> =>
  promise.then(
    () => Promise.reject(new Error('nothing failed')),
    (error: unknown) => error as AxiosError,
  );

/** It never ends by itself. */
function endless(): Readable {
  return new Readable({
    read() {
      setImmediate(() => this.push(CHUNK));
    },
  });
}

const closed = async (stream: Readable) => {
  if (!stream.closed) await once(stream, 'close');
};

describe.each(['http', 'fetch'])('the stream of a send that ends early (%s adapter)', (adapter) => {
  it('is closed when the service refuses without reading it', async () => {
    const put = await clientOf(adapter, (_request, response) => {
      response.writeHead(413).end();
    });
    const stream = endless();
    const error = await errorOf(put(() => stream));
    expect(error.status).toBe(413);
    await closed(stream);
    expect(stream.readableEnded).toBe(false);
  });

  it('is closed before another one is made for the next send', async () => {
    let requests = 0;
    const put = await clientOf(
      adapter,
      (request, response) => {
        requests += 1;
        if (requests === 1) response.writeHead(401).end();
        else void seenBody(request).then(({ text }) => response.end(text));
      },
      (next) => async (config) => {
        await next(config);
        await closed(endlessOne);
        return next(config);
      },
    );
    const endlessOne = endless();
    const bodies = [endlessOne, Readable.from(['hello'])];
    const { data } = await put(() => bodies.shift() as Readable);
    expect(data).toBe('hello');
  });

  it('is closed when the caller gives up', async () => {
    const controller = new AbortController();
    const put = await clientOf(adapter, (request) => {
      request.once('data', () => {
        controller.abort();
      });
    });
    const stream = endless();
    const error = await errorOf(put(() => stream, { signal: controller.signal }));
    expect(error.code).toBe('ERR_CANCELED');
    await closed(stream);
  });

  it('is closed when the connection breaks, and that is not blamed on the stream', async () => {
    const put = await clientOf(adapter, (request) => {
      request.once('data', () => {
        request.socket.resetAndDestroy();
      });
    });
    const stream = endless();
    const error = await errorOf(put(() => stream));
    expect(outcomeOfError(error)).toBe('lost');
    await closed(stream);
  });

  it('is closed when the connection breaks while it waits for its source', async () => {
    const put = await clientOf(adapter, (request) => {
      request.once('data', () => {
        request.socket.resetAndDestroy();
      });
    });
    const stream = new PassThrough();
    stream.write('he');
    const error = await errorOf(put(() => stream));
    expect(outcomeOfError(error)).toBe('lost');
    await closed(stream);
  });

  it('is cancelled when it is one of the web', async () => {
    const put = await clientOf(adapter, (_request, response) => {
      response.writeHead(413).end();
    });
    const cancel = jest.fn();
    const pull = (controller: ReadableStreamDefaultController) => {
      controller.enqueue(CHUNK);
    };
    await errorOf(put(() => new ReadableStream({ pull, cancel })));
    await new Promise((resolve) => setImmediate(resolve));
    expect(cancel).toHaveBeenCalledTimes(1);
  });
});

describe.each(['http', 'fetch'])('a body that breaks off (%s adapter)', (adapter) => {
  const broken = (code: string) =>
    Readable.from(
      (async function* () {
        yield await Promise.resolve('he');
        throw Object.assign(new Error('secret-path'), { code });
      })(),
    );

  it.each(['EIO', 'ECONNRESET', 'ECONNREFUSED', 'ERR_TLS_CERT_ALTNAME_INVALID'])(
    'with %s is the fault of its source, not of the service',
    async (code) => {
      const put = await clientOf(adapter, (request) => void request.resume().on('error', () => undefined));
      const error = await errorOf(put(() => broken(code)));
      expect(error).toMatchObject({
        code: 'ERR_BAD_REQUEST',
        message: 'The body broke off while it was sent',
      });
      expect(error.cause).toMatchObject({ code });
      expect(error).toBeInstanceOf(AxiosError);
      expect(outcomeOfError(error)).toBe('local');
      expect(callOf(error)?.sends).toBe(1);
    },
  );
});

describe('a service that answers before it has read the body', () => {
  it('still gets all of it, where the answer is a success', async () => {
    let read: Promise<string> | undefined;
    const put = await clientOf('http', (request, response) => {
      read = seenBody(request).then(({ text }) => text);
      response.writeHead(202).end();
    });
    const stream = new PassThrough();
    stream.write('he');
    expect(await put(() => stream)).toMatchObject({ status: 202 });
    stream.end('llo');
    expect(await read).toBe('hello');
  });

  it('and then goes away has the stream closed as well', async () => {
    const put = await clientOf('http', (request, response) => {
      request.on('error', () => undefined);
      request.once('data', () => {
        response.writeHead(202).end();
        request.once('data', () => {
          request.socket.resetAndDestroy();
        });
      });
    });
    const stream = new PassThrough();
    stream.write('he');
    await put(() => stream);
    stream.write('llo');
    await closed(stream);
    expect(stream.readableEnded).toBe(false);
  });

  it('can have its refusal read as a stream', async () => {
    let goOn: () => void = () => undefined;
    const put = await clientOf('http', (_request, response) => {
      response.writeHead(413).write('too ');
      goOn = () => response.end('large');
    });
    const stream = endless();
    const { response } = await errorOf(put(() => stream, { responseType: 'stream' }));
    const answer = response?.data as Readable;
    goOn();
    expect(Buffer.concat(await answer.toArray()).toString()).toBe('too large');
    await closed(stream);
  });
});

describe.each(['http', 'fetch'])('a large body (%s adapter)', (adapter) => {
  it('is read as fast as it is sent, and never held in memory', async () => {
    const total = 1024;
    let made = 0;
    let received = 0;
    let lead = 0;
    const put = await clientOf(adapter, (request, response) => {
      request.on('data', (chunk: Buffer) => {
        received += chunk.length;
        request.pause();
        setImmediate(() => request.resume());
      });
      request.on('end', () => response.end());
    });
    const stream = new Readable({
      read() {
        made += 1;
        lead = Math.max(lead, made * CHUNK.length - received);
        this.push(made > total ? null : CHUNK);
      },
    });
    await put(() => stream);
    expect(received).toBe(total * CHUNK.length);
    // What two sockets hold.
    expect(lead).toBeLessThan((total / 3) * CHUNK.length);
  });

  it('is not sent on to where a redirect leads: the caller gets that', async () => {
    let requests = 0;
    const put = await clientOf(adapter, (request, response) => {
      requests += 1;
      void seenBody(request).then(() => response.writeHead(307, { location: '/y' }).end());
    });
    const error = await errorOf(put(() => Readable.from(['hello'])));
    expect(error.response).toMatchObject({ status: 307, headers: { location: '/y' } });
    expect(requests).toBe(1);
  });
});

it('a body is sent on by a redirect where the request asks for that', async () => {
  const put = await clientOf('http', (request, response) => {
    void seenBody(request).then(({ text }) => {
      if (request.url === '/y') response.end(text);
      else response.writeHead(307, { location: '/y' }).end();
    });
  });
  const { data } = await put(() => Readable.from(['hello']), { maxRedirects: 5 });
  expect(data).toBe('hello');
});

it('a connection that breaks is not blamed on the body that its adapter has closed before it says so', async () => {
  server = await serve(() => undefined);
  const client = axios.create({
    adapter: async ({ data }) => {
      const body = data as Readable;
      body.once('data', () => body.destroy());
      await closed(body);
      await new Promise((resolve) => setImmediate(resolve));
      throw new AxiosError('reset', 'ECONNRESET');
    },
  });
  install(client, [(next) => next]);
  const stream = new PassThrough();
  stream.write('he');
  const error = await errorOf(client.put('/x', undefined, { holdfast: { body: () => stream } }));
  expect(error.code).toBe('ECONNRESET');
});
