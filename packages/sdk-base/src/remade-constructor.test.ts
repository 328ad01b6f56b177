import { staticCredential } from '@holdfast/testing';
import { ordersClient } from './made-orders-sdk.js';
import { path } from './path.js';
import { ServiceSdk, type SdkSource } from './service-sdk.js';

/** What it is for stands in a field, as nobody but the class can know. */
class Tenants extends ServiceSdk {
  readonly tenant: string;

  constructor(source: SdkSource, tenant: string) {
    super(source);
    this.tenant = tenant;
  }

  get() {
    return this.http.get(path`/tenants/${this.tenant}`);
  }
}

class RemadeTenants extends Tenants {
  protected override remade(source: SdkSource): this {
    return new RemadeTenants(source, this.tenant) as this;
  }
}

describe('an SDK whose constructor takes a second parameter', () => {
  it('of a source and one text is refused: a view of it would go on without the text', () => {
    const { client, requests } = ordersClient();
    expect(() => new Tenants(client, 'contoso').as(staticCredential('ada'))).toThrow(
      /or override remade\(\)/,
    );
    expect(requests).toHaveLength(0);
  });

  it('is made anew with it by its own word', async () => {
    const { client, requests } = ordersClient();
    await new RemadeTenants(client, 'contoso').as(staticCredential('ada')).get();
    expect(requests.map(({ url, token }) => [url, token])).toEqual([['/tenants/contoso', 'ada']]);
  });
});
