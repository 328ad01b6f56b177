export { claimsChallenge, type ClaimsChallengeOptions } from './claims-challenge.js';
export { challengeFor, type ChallengeForOptions } from './challenge-for.js';
export type { Challenger } from './challenger.js';
