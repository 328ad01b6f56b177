// A process with two identities of one App Service, in Node's own module system; it ends when nothing is left to do.
//   IDENTITY_ENDPOINT=… IDENTITY_HEADER=… node --conditions=@holdfast/source --import=tsx src/managed-identity.mjs
import { cachedCredential } from '@holdfast/token';
import { managedIdentity } from '@holdfast/msal';

const ids = [{}, { clientId: process.argv[2] }];
const tokens = await Promise.all(
  ids.map(async (id) => {
    const credential = cachedCredential(managedIdentity(id));
    const all = await Promise.all(Array.from({ length: 20 }, () => credential.getToken(process.argv[3])));
    return new Set(all.map(({ token }) => token)).size === 1 ? all[0].token : undefined;
  }),
);
console.log(JSON.stringify(tokens));
