/**
 * Whether MSAL can read these claims. It ignores what does not parse, and `[]`, `null` and numbers, and answers the challenge
 * with the token that was refused; for `[1]` and texts it throws `invalid_claims`.
 */
export function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
