export { claimsChallenge, type ClaimsChallengeOptions } from './claims-challenge.js';
