import type { ExplainedTransport } from './explain-transport.js';
import type { ShownValue } from './explain-value.js';

/** One option of an interceptor, as it holds. */
export interface ExplainedOption {
  /** Without a secret: of functions and objects the name, of texts only what is known to be none. `null`: none. */
  readonly value: ShownValue;
  /** It is what holds where nobody says anything. */
  readonly default: boolean;
  /** Whose word it is where it is neither given nor a plain default: `profile batch`, or the option that it follows. */
  readonly from?: string;
}

/** One interceptor of a pipeline. */
export interface ExplainedInterceptor {
  /** Its factory; of one that does not say, the name of its function, or `(unnamed)`. */
  readonly name: string;
  /** In the standard pipeline: `retry`, and of one's own `before.retry` or `after.retry`. */
  readonly place?: string;
  readonly options: Readonly<Record<string, ExplainedOption>>;
}

/** What `explain()` tells, as JSON. Members may be added to version 1; none is taken away or changes its meaning. */
export interface ExplanationJson {
  readonly version: 1;
  /** `null` where no interceptor names the calls. */
  readonly service: string | null;
  /** Without user name and query. `null` where the client has none, or only its interceptors were asked about. */
  readonly baseURL: string | null;
  /** `null` for a pipeline that was put together by hand. */
  readonly profile: string | null;
  /** Whether somebody has a say in what an outcome counts as. */
  readonly classify: boolean;
  /** The first is the outermost. */
  readonly interceptors: readonly ExplainedInterceptor[];
  /** `null` where only the interceptors were asked about. */
  readonly transport: ExplainedTransport | null;
}
