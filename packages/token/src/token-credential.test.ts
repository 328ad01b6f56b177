import { cachedCredential, type TokenCredential } from './index.js';

const SCOPE = 'api://orders/.default';

describe('a credential', () => {
  it('takes and is what the Azure SDK calls a TokenCredential', async () => {
    // As @azure/core-auth declares it.
    interface AzureAbortSignal {
      readonly aborted: boolean;
      addEventListener(
        type: 'abort',
        listener: (this: AzureAbortSignal, ev: unknown) => void,
        options?: unknown,
      ): void;
      removeEventListener(
        type: 'abort',
        listener: (this: AzureAbortSignal, ev: unknown) => void,
        options?: unknown,
      ): void;
    }
    interface AzureOptions {
      abortSignal?: AzureAbortSignal;
      requestOptions?: { timeout?: number };
      claims?: string;
      enableCae?: boolean;
      tenantId?: string;
    }
    interface AzureToken {
      token: string;
      expiresOnTimestamp: number;
      refreshAfterTimestamp?: number;
      tokenType?: 'Bearer' | 'pop';
    }
    interface AzureCredential {
      getToken(scopes: string | string[], options?: AzureOptions): Promise<AzureToken | null>;
    }
    const azure: AzureCredential = { getToken: async () => ({ token: 'a', expiresOnTimestamp: 4e12 }) };
    const ours: TokenCredential = azure;
    const theirs: AzureCredential = cachedCredential(ours);
    expect(await theirs.getToken(SCOPE)).toMatchObject({ token: 'a' });
  });
});
