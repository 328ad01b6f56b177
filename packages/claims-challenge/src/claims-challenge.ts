import {
  InteractionRequiredError,
  accepted,
  currentCall,
  discard,
  flag,
  isCanceled,
  isHoldfastError,
  orCanceled,
  publish,
  readOptions,
  type Authorization,
  type Challenge,
  type CurrentCall,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { isChallenger, type Challenger } from './challenger.js';
import { obstacleTo } from './obstacle.js';
import {
  challengesIn,
  isUnreadable,
  receivedChallenge,
  type ReceivedChallenge,
} from './received-challenge.js';

/** Options of {@link claimsChallenge}. */
export interface ClaimsChallengeOptions {
  /**
   * Whether `error="invalid_token"` without claims is answered by one forced refresh as well (RFC 6750, section 3.1).
   * Default: true. Switched off, a call whose token was revoked without a claims challenge fails until that token expires.
   */
  readonly refreshOnInvalidToken?: boolean;
  /**
   * Who answers 401s of other schemes, in order, before the token is looked at. Default: none. One that says yes to what it cannot
   * answer costs one more send per call.
   */
  readonly challengers?: readonly Challenger[];
}

interface Settings {
  readonly refreshOnInvalidToken: boolean;
  readonly challengers: readonly Challenger[];
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
  const settings = readOptions('claimsChallenge', schemas, options);

  return (next) =>
    function answeringChallenge(config): Promise<AxiosResponse> {
      return next(config).then((response) =>
        response.status === 401 ? answer(response, next, config, settings) : response,
      );
    };
}

async function answer(
  first: AxiosResponse,
  next: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  { refreshOnInvalidToken, challengers }: Settings,
): Promise<AxiosResponse> {
  const call = currentCall(config);
  const answered = new Set<Challenger>();
  let isRenewed = false;
  let response = first;

  // Each turn is an answer of another kind: one by every challenger, and one by the token.
  while (response.status === 401 && call.authorization !== undefined) {
    const challenges = challengesIn(response);
    const obstacle = obstacleTo(response, config, call.target.origin);

    const left = obstacle === undefined ? challengers.filter((one) => !answered.has(one)) : [];
    const challenger = await whoAnswers(left, challenges, response, config);
    if (challenger !== undefined) {
      answered.add(challenger);
      tell(call, challenger);
      discard(response);
      response = await next(config);
      continue;
    }

    const challenge = receivedChallenge(challenges);
    if (challenge === undefined || (challenge.kind === 'invalid_token' && !refreshOnInvalidToken)) {
      if (isUnreadable(challenges)) call.note('claims challenge not answered: its claims cannot be read');
      return response;
    }
    if (obstacle !== undefined) {
      tell(call, challenge, obstacle);
      return response;
    }
    const { authorization } = call;
    const reason = isRenewed
      ? 'there was an answer already'
      : await renew(authorization, challenge, config).catch((error: unknown) => {
          tell(call, challenge, isCanceled(config) ? 'given up meanwhile' : 'a user is needed');
          throw inPlaceOf(response, error, config);
        });
    if (reason !== undefined) {
      tell(call, challenge, reason);
      if (challenge.kind !== 'insufficient_user_authentication') return response;
      throw inPlaceOf(response, stepUpRequired(challenge, authorization, config), config);
    }
    isRenewed = true;
    tell(call, challenge);
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
      const answer = Promise.resolve(challenger.answer(challenges, response));
      if (await orCanceled(answer, config)) return challenger;
    } catch (error) {
      if (isCanceled(config)) throw inPlaceOf(response, error, config);
      tell(
        currentCall(config),
        challenger,
        `it failed (${error instanceof Error ? error.name : typeof error})`,
      );
    }
  }
  return undefined;
}

/** Puts another token on the request, or says why not. */
async function renew(
  authorization: Authorization,
  { kind, demand }: ReceivedChallenge,
  config: InternalAxiosRequestConfig,
): Promise<string | undefined> {
  const isVague = demand.acrValues === undefined && demand.maxAge === undefined;
  if (kind === 'insufficient_user_authentication' && isVague) return 'it does not say how';
  try {
    const isRenewed = await orCanceled(authorization.renew(config, demand), config);
    return isRenewed ? undefined : 'there is no other token';
  } catch (error) {
    if (isCanceled(config) || isHoldfastError(error, 'ERR_INTERACTION_REQUIRED')) throw error;
    return error instanceof Error ? error.message : 'no token';
  }
}

/** Only the user can help: the error tells what with. */
function stepUpRequired(
  { demand }: ReceivedChallenge,
  { scopes }: Authorization,
  config: InternalAxiosRequestConfig,
): InteractionRequiredError {
  const { service } = currentCall(config);
  const message = `${service} takes no token of this user until he has signed in anew`;
  return new InteractionRequiredError({ service, config, message, scopes, ...demand });
}

/** The error that the caller gets in place of an answer. */
function inPlaceOf(response: AxiosResponse, error: unknown, config: InternalAxiosRequestConfig): unknown {
  discard(response);
  // Nor may the answer be brought up by whoever resends: its body is gone, and it does not say what to ask the user.
  if (!isCanceled(config)) currentCall(config).lastFailure = { error };
  return error;
}

/** Writes down what became of a challenge, and tells observers. `unanswered`: why the request was not sent once more. */
function tell(call: CurrentCall, subject: ReceivedChallenge | Challenger, unanswered?: string): void {
  const [title, error, challenger] =
    'kind' in subject ? [subject.title, subject.kind, undefined] : [subject.name, undefined, subject.name];
  const how = challenger === undefined ? 'sent once more with another token' : 'sent once more';
  call.note(unanswered === undefined ? `${title} answered: ${how}` : `${title} not answered: ${unanswered}`);
  const answered = unanswered === undefined;
  publish('challenge', () => ({ call: call.shown, error, challenger, answered, reason: unanswered }));
}
