import {
  InteractionRequiredError,
  accepted,
  cancellationOf,
  currentCall,
  described,
  discard,
  flag,
  isCanceled,
  isHoldfastError,
  orCanceled,
  publish,
  readOptions,
  type Authorization,
  type Challenge,
  type ChallengeKind,
  type CurrentCall,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { isChallenger, type Challenger } from './challenger.js';
import { obstacleTo } from './obstacle.js';
import { ChallengeReader, type ReceivedChallenge } from './received-challenge.js';

/** Options of {@link claimsChallenge}. */
export interface ClaimsChallengeOptions {
  /**
   * Whether `error="invalid_token"` without claims is answered by one forced refresh as well (RFC 6750, section 3.1).
   * Default: true. Switched off, a call whose token was revoked without a claims challenge fails until that token expires.
   */
  readonly refreshOnInvalidToken?: boolean;
  /**
   * Who answers 401s of other schemes, in order, before the token is looked at. Default: none. One that says yes to what it cannot
   * answer costs one more send per call; one that does not settle holds the call until its deadline.
   */
  readonly challengers?: readonly Challenger[];
}

const schemas = {
  refreshOnInvalidToken: flag(true),
  challengers: accepted<readonly Challenger[]>(
    (value) => Array.isArray(value) && value.every(isChallenger),
    'a list of challengers, each with a name and answer()',
    [],
  ),
};

/**
 * Answers a claims challenge: acquires a token with the claims and sends once more, within the same attempt. Stands inside
 * the interceptor that attaches the token; without one every 401 goes to the caller as it came. A step-up challenge (RFC 9470)
 * that the credential cannot answer by asking its user ends in an InteractionRequiredError.
 *
 * Microsoft identity platform, "Claims challenges, claims requests, and client capabilities".
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function claimsChallenge(options: ClaimsChallengeOptions = {}): Interceptor {
  const read = readOptions('claimsChallenge', schemas, options);
  const { refreshOnInvalidToken, challengers } = read;
  const reader = new ChallengeReader(refreshOnInvalidToken);

  const interceptor: Interceptor = (next) =>
    function answeringChallenge(config): Promise<AxiosResponse> {
      return next(config).then((response) =>
        response.status === 401 ? answer(response, next, config, reader, challengers) : response,
      );
    };
  return described(interceptor, 'claimsChallenge', read);
}

async function answer(
  first: AxiosResponse,
  next: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  reader: ChallengeReader,
  challengers: readonly Challenger[],
): Promise<AxiosResponse> {
  const call = currentCall(config);
  let left = challengers;
  let isRenewed = false;
  let response = first;
  let subject: Subject | undefined;

  // Each turn is an answer of another kind: one by every challenger, and one by the token.
  while (response.status === 401 && call.authorization !== undefined) {
    const { authorization } = call;
    const { challenges, received } = reader.read(response);
    const obstacle = obstacleTo(response, config, call.target.origin);
    const challenger =
      obstacle === undefined && left.length > 0
        ? await whoAnswers(left, challenges, response, config)
        : undefined;
    if (challenger !== undefined) {
      left = left.filter((one) => one !== challenger);
      subject = subjectOf(challenger);
    } else {
      if (received === undefined) {
        // A second challenge that only its challenger knows.
        if (subject?.challenger !== undefined) tell(call, subject, ANSWERED);
        return response;
      }
      let failed = refusalOf(received, obstacle, isRenewed, authorization, config);
      try {
        if (failed === undefined && !(await authorization.renew(config, received.demand)))
          failed = unanswered(NO_OTHER, received, authorization, config);
      } catch (error) {
        failed = unansweredBy(error, received, authorization, config);
      }
      if (failed !== undefined) {
        tell(call, received, failed.reason);
        if (failed.error === undefined) return response;
        throw inPlaceOf(response, failed.error, config);
      }
      isRenewed = true;
      subject = received;
    }
    if (isCanceled(config)) throw givenUp(subject, response, config);
    tell(call, subject);
    discard(response);
    response = await next(config);
  }
  return response;
}

/** The first challenger that knows what to do. */
async function whoAnswers(
  challengers: readonly Challenger[],
  challenges: readonly Challenge[],
  response: AxiosResponse,
  config: InternalAxiosRequestConfig,
): Promise<Challenger | undefined> {
  for (const challenger of challengers) {
    try {
      const answered = Promise.resolve(challenger.answer(challenges, response));
      if (await orCanceled(answered, config)) return challenger;
    } catch (error) {
      if (isCanceled(config)) throw givenUp(subjectOf(challenger), response, config);
      const name = error instanceof Error ? error.name : typeof error;
      tell(currentCall(config), subjectOf(challenger), `it failed (${name})`);
    }
  }
  return undefined;
}

/** Why a challenge is not answered. */
interface Unanswered {
  readonly reason: string;
  /** What the caller gets in place of the 401. */
  readonly error?: unknown;
}

/** Why another token is not even asked for; `undefined` when it is. */
function refusalOf(
  challenge: ReceivedChallenge,
  obstacle: string | undefined,
  isRenewed: boolean,
  authorization: Authorization,
  config: InternalAxiosRequestConfig,
): Unanswered | undefined {
  const reason = challenge.fault ?? obstacle;
  if (reason !== undefined) return { reason };
  if (isRenewed) return unanswered(ANSWERED, challenge, authorization, config);
  return isVague(challenge) ? unanswered(VAGUE, challenge, authorization, config) : undefined;
}

const ANSWERED = 'there was an answer already';
const VAGUE = 'it does not say how';
const NO_OTHER = 'there is no other token';

/** What comes of a challenge that no token has come of. */
function unanswered(
  reason: string,
  challenge: ReceivedChallenge,
  authorization: Authorization,
  config: InternalAxiosRequestConfig,
  cause?: unknown,
): Unanswered {
  return challenge.kind === 'insufficient_user_authentication'
    ? { reason, error: stepUpRequired(challenge, authorization, config, cause) }
    : { reason };
}

function unansweredBy(
  error: unknown,
  challenge: ReceivedChallenge,
  authorization: Authorization,
  config: InternalAxiosRequestConfig,
): Unanswered {
  if (isCanceled(config)) return { reason: GIVEN_UP, error: cancellationOf(config) };
  if (isHoldfastError(error, 'ERR_INTERACTION_REQUIRED')) return { reason: 'a user is needed', error };
  const reason = error instanceof Error ? error.message : 'no token';
  return unanswered(reason, challenge, authorization, config, error);
}

function isVague({ kind, demand }: ReceivedChallenge): boolean {
  return (
    kind === 'insufficient_user_authentication' &&
    demand.acrValues === undefined &&
    demand.maxAge === undefined
  );
}

/** Only the user can help: the error tells what with. */
function stepUpRequired(
  { demand }: ReceivedChallenge,
  { scopes }: Authorization,
  config: InternalAxiosRequestConfig,
  cause: unknown,
): InteractionRequiredError {
  const { service } = currentCall(config);
  const message = `${service} takes no token of this user until he has signed in anew`;
  return new InteractionRequiredError({ service, config, message, scopes, ...demand, cause });
}

const GIVEN_UP = 'given up meanwhile';

function givenUp(subject: Subject, response: AxiosResponse, config: InternalAxiosRequestConfig): unknown {
  tell(currentCall(config), subject, GIVEN_UP);
  return inPlaceOf(response, cancellationOf(config), config);
}

/** The error that the caller gets in place of an answer. */
function inPlaceOf(response: AxiosResponse, error: unknown, config: InternalAxiosRequestConfig): unknown {
  discard(response);
  // Nor may the answer be brought up by whoever resends: its body is gone, and it does not say what to ask the user.
  if (!isCanceled(config)) currentCall(config).lastFailure = { error };
  return error;
}

/** What a 401 was about, for the call's story and for observers: a challenge to the token, or one that a challenger knows. */
interface Subject {
  readonly title: string;
  readonly kind?: ChallengeKind;
  readonly challenger?: string;
}

function subjectOf({ name }: Challenger): Subject {
  return { title: name, challenger: name };
}

/** Writes down what became of a challenge, and tells observers. `unanswered`: why the request was not sent once more. */
function tell(call: CurrentCall, { title, kind, challenger }: Subject, unanswered?: string): void {
  const how = challenger === undefined ? 'sent once more with another token' : 'sent once more';
  call.note(unanswered === undefined ? `${title} answered: ${how}` : `${title} not answered: ${unanswered}`);
  const answered = unanswered === undefined;
  publish('challenge', () => ({ call: call.shown, error: kind, challenger, answered, reason: unanswered }));
}
