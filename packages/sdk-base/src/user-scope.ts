/** By this name attachToken() knows the user of `withCredential()`. */
export const USER = 'credential';
