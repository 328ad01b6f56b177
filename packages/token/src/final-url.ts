import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios';

type Environment = NonNullable<InternalAxiosRequestConfig['env']>;
type Fetch = NonNullable<Environment['fetch']>;

/**
 * Has fetch say where its answer came from, as Node's requests do, in `response.request.res.responseUrl`: axios drops the
 * answer's URL, and after a redirect to another origin nobody could tell that the answer is that origin's.
 */
export function tellFinalUrl(next: AxiosAdapter): AxiosAdapter {
  return function tellingFinalUrl(config) {
    return goesByFetch(config) ? sendTelling(next, config) : next(config);
  };
}

function sendTelling(next: AxiosAdapter, config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  const { env } = config;
  const telling = tellingFetch(env?.fetch ?? globalFetch);
  if (env?.fetch === telling) return next(config);
  config.env = { ...env, fetch: telling };
  return next(config).finally(() => {
    if (env === undefined) delete config.env;
    else config.env = env;
  });
}

/** In Node the http adapter is always there: fetch is taken where it is asked for before that one. */
function goesByFetch({ adapter }: InternalAxiosRequestConfig): boolean {
  return adapter === 'fetch' || (Array.isArray(adapter) && adapter[0] === 'fetch');
}

const globalFetch: Fetch = (input, init) => fetch(input, init);

// One for each fetch, and for its own result that one again: axios keeps an adapter for every fetch it has ever seen.
const tellingFetches = new WeakMap<Fetch, Fetch>();

function tellingFetch(plain: Fetch): Fetch {
  const known = tellingFetches.get(plain);
  if (known !== undefined) return known;
  const telling: Fetch = async (input, init) => {
    const response = await plain(input, init);
    // Empty where a fetch of somebody's own made the response by hand.
    if (input instanceof Request && response.url !== '')
      Object.defineProperty(input, 'res', { value: { responseUrl: response.url } });
    return response;
  };
  tellingFetches.set(plain, telling);
  tellingFetches.set(telling, telling);
  return telling;
}
