import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { AxiosResponse } from 'axios';
import { contentOf } from './answer-content.js';
import { shownPlaces } from './checked-answer-places.js';
import { SdkError } from './sdk-error.js';

/**
 * The answer came, and is not what the SDK's schema says. It is not asked for again: the service may have acted, and would
 * answer the same.
 *
 * `issues` and `thrown` quote what the service sent, as validators word them: they are there for whoever looks, and in no log, JSON or
 * `inspect()`. The message has the places alone: members by the names that stand in the schema, `*` for all others, since the
 * keys of a record come from the body as well.
 */
export class ResponseValidationError extends SdkError {
  declare readonly code: 'ERR_RESPONSE_VALIDATION';
  declare readonly response: AxiosResponse;
  readonly #issues: readonly StandardSchemaV1.Issue[];
  readonly #thrown: unknown;

  /** Without `issues`, the validator has thrown. */
  constructor(init: {
    readonly schema: StandardSchemaV1;
    readonly response: AxiosResponse;
    readonly issues?: readonly StandardSchemaV1.Issue[];
    readonly thrown?: unknown;
  }) {
    const { schema, response, issues, thrown } = init;
    super('ResponseValidationError', {
      message:
        issues === undefined
          ? 'The answer could not be checked: its schema threw an error'
          : `The answer does not fit its schema: ${shownPlaces(schema, issues)}`,
      code: 'ERR_RESPONSE_VALIDATION',
      config: response.config,
      request: response.request,
      response,
    });
    this.#issues = issues ?? [];
    this.#thrown = thrown;
  }

  /** What is wrong, and where, as the validator says it; empty where it has thrown. May quote the answer. */
  get issues(): readonly StandardSchemaV1.Issue[] {
    return this.#issues;
  }

  /** What the validator threw in place of an answer. May quote the answer. */
  get thrown(): unknown {
    return this.#thrown;
  }
}

/**
 * Refuses what is no validator, before anything is sent.
 *
 * @throws {TypeError} naming the option.
 */
export function assertSchema(caller: string, schema: unknown): asserts schema is StandardSchemaV1 {
  const isHolder = (typeof schema === 'object' && schema !== null) || typeof schema === 'function';
  const standard = isHolder ? (schema as Partial<StandardSchemaV1>)['~standard'] : undefined;
  if (typeof (standard as Partial<StandardSchemaV1.Props> | undefined)?.validate === 'function') return;
  throw new TypeError(
    `${caller}(): the option "schema" must be a validator that speaks Standard Schema (with "~standard"), and is not`,
  );
}

/**
 * What a Standard Schema validator (https://standardschema.dev) makes of an answer: at once, or by a promise where it takes its time. An
 * answer without a body (204, 205, an empty one) is checked as `undefined`, so that a schema which allows nothing takes it.
 *
 * @throws {ResponseValidationError} for an answer that does not fit, and where the validator throws; by rejection where it takes its time.
 */
export function checked<Schema extends StandardSchemaV1>(
  schema: Schema,
  response: AxiosResponse,
): StandardSchemaV1.InferOutput<Schema> | Promise<StandardSchemaV1.InferOutput<Schema>> {
  return checkedValue(schema, bodyOf(response), response);
}

/** The same of one value in an answer: an empty text is one. */
export function checkedValue<Schema extends StandardSchemaV1>(
  schema: Schema,
  value: unknown,
  response: AxiosResponse,
): StandardSchemaV1.InferOutput<Schema> | Promise<StandardSchemaV1.InferOutput<Schema>> {
  const fail = (thrown: unknown): never => {
    throw thrown instanceof ResponseValidationError
      ? thrown
      : new ResponseValidationError({ schema, response, thrown });
  };
  const settle = (result: StandardSchemaV1.Result<unknown>): StandardSchemaV1.InferOutput<Schema> => {
    if (result.issues) throw new ResponseValidationError({ schema, response, issues: result.issues });
    return result.value;
  };
  try {
    const result = schema['~standard'].validate(value);
    return 'then' in result ? Promise.resolve(result).then(settle).catch(fail) : settle(result);
  } catch (thrown) {
    // A validator that throws, or one that returns what is no result.
    return fail(thrown);
  }
}

/** Axios has an empty text for a body that is not there. */
function bodyOf(response: AxiosResponse<unknown>): unknown {
  return response.data === '' ? undefined : contentOf(response);
}
