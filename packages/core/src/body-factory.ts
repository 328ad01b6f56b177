import { AxiosError, type InternalAxiosRequestConfig } from 'axios';
import { PassThrough, Readable } from 'node:stream';
import { types } from 'node:util';
import { isNodeStream, isWebStream, letGoOf, type NodeStream } from './body.js';
import { currentCall } from './calls.js';
import { hide } from './hide.js';
import { cancellationOf, isCanceled, orCanceled } from './wait.js';

/** What `holdfast.body` has made for one send. */
export interface MadeBody {
  /** As it was made. */
  readonly made: unknown;
  /** What can be sent of it: a stream, or what goes as it is. */
  readonly content: unknown;
  /** What a `form-data` says of itself. */
  readonly headers: Readonly<Record<string, string>>;
}

const PLAIN: MadeBody['headers'] = {};

/** Streams that were made already. */
const known = new WeakSet();

/**
 * Has `holdfast.body` make a body. Rejects at once when the request is given up.
 *
 * @throws {AxiosError} when it makes none that can be sent; the reason is its `cause`.
 */
export async function makeBody(config: InternalAxiosRequestConfig): Promise<MadeBody> {
  if (isCanceled(config)) throw cancellationOf(config);
  let making: Promise<unknown> | undefined;
  try {
    making = Promise.resolve(factoryOf(config)());
    return await contentOf(await orCanceled(making, config));
  } catch (error) {
    // What comes after all is read by nobody.
    making?.then(letGoOf, () => undefined);
    if (isCanceled(config)) throw cancellationOf(config);
    const reason = error instanceof Refusal ? error.message : 'it failed';
    // Of a later send the caller has the failure before it, and this is all that is left of the reason.
    currentCall(config).note(`not sent: holdfast.body has made no body: ${reason}`);
    throw bodyError(`holdfast.body has made no body for this send: ${reason}`, config, error);
  }
}

/** The caller is at fault, or what he reads from: nobody sends again because of it, and no service is to blame. */
export function bodyError(
  message: string,
  config: InternalAxiosRequestConfig,
  cause: unknown,
  request?: unknown,
): AxiosError {
  const error = new AxiosError(message, AxiosError.ERR_BAD_REQUEST, config, request);
  hide(error, 'cause', cause);
  return error;
}

/** Why what was made cannot be sent. */
class Refusal extends TypeError {
  override readonly name = 'TypeError';
}

function factoryOf({ data, holdfast }: InternalAxiosRequestConfig): () => unknown {
  const factory: unknown = holdfast?.body;
  if (typeof factory !== 'function') throw new Refusal('it must be a function that makes one');
  if (data !== undefined && data !== null) throw new Refusal('the request has data as well');
  return factory as () => unknown;
}

async function contentOf(made: unknown): Promise<MadeBody> {
  if (
    typeof made === 'string' ||
    made instanceof Blob ||
    made instanceof FormData ||
    types.isArrayBuffer(made)
  )
    return { made, content: made, headers: PLAIN };
  // The http adapter takes no other view than a buffer.
  if (ArrayBuffer.isView(made)) {
    const content = Buffer.from(made.buffer, made.byteOffset, made.byteLength);
    return { made, content, headers: PLAIN };
  }
  if (!isWebStream(made) && !isNodeStream(made) && !isAsyncIterable(made))
    throw new Refusal('it must make a stream, a form, a Blob, bytes or a text');
  // Sent once more it would be empty, and the service's answer to nothing would look like a success.
  if (known.has(made) || Readable.isDisturbed(made as Readable))
    throw new Refusal('it must make another stream for each send');
  known.add(made);
  if (isWebStream(made)) return { made, content: Readable.fromWeb(made), headers: PLAIN };
  const headers = 'getHeaders' in made ? await headersOf(made) : PLAIN;
  return { made, content: isAsyncIterable(made) ? readableOf(made) : pipedFrom(made), headers };
}

function isAsyncIterable(made: unknown): made is AsyncIterable<unknown> {
  return typeof made === 'object' && made !== null && Symbol.asyncIterator in made;
}

function readableOf(made: AsyncIterable<unknown>): Readable {
  return made instanceof Readable ? made : Readable.from(made, { objectMode: false });
}

/** Streams of the old kind, as a `form-data` is one, can be read in no other way. */
function pipedFrom(made: NodeStream): Readable {
  const content = new PassThrough();
  made.on('error', (error) => content.destroy(error));
  made.pipe(content);
  return content;
}

/** As the http adapter reads a `form-data`; the fetch adapter would send its name. */
async function headersOf(form: object): Promise<MadeBody['headers']> {
  const { getHeaders, getLength } = form as Partial<FormDataPackage>;
  const type = getHeaders?.call(form)['content-type'];
  const length = await new Promise<number | undefined>((resolve) => {
    if (getLength === undefined) resolve(undefined);
    // Of a stream in it that does not tell its length.
    else
      getLength.call(form, (error, total) => {
        resolve(error ? undefined : total);
      });
  });
  return {
    ...(type !== undefined && { 'Content-Type': type }),
    ...(length !== undefined && { 'Content-Length': String(length) }),
  };
}

interface FormDataPackage {
  getHeaders(): Readonly<Record<string, string>>;
  getLength(callback: (error: Error | null, length?: number) => void): void;
}
