import { randomBytes } from 'node:crypto';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import type { AgentOptions } from 'node:https';

/** TLS without a certificate, which would have to be kept and renewed: both ends have the same key (RFC 4279). */
export interface SecureChannel {
  readonly server: TlsOptions;
  readonly client: AgentOptions;
}

export function secureChannel(): SecureChannel {
  const psk = randomBytes(32);
  const suite: SecureContextOptions = {
    ciphers: 'PSK-AES128-GCM-SHA256',
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
  };
  return {
    server: { ...suite, pskCallback: () => psk },
    client: {
      ...suite,
      pskCallback: () => ({ psk, identity: 'soak' }),
      checkServerIdentity: () => undefined,
    },
  };
}
