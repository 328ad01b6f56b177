import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { setTimeout as pause } from 'node:timers/promises';
import { Api, type ApiSurroundings } from './api.js';
import { Chance } from './chance.js';
import { CountingClock } from './counting-clock.js';
import { startElsewhere } from './elsewhere.js';
import { Identities } from './identities.js';
import { Ledger } from './ledger.js';
import type { Listening } from './listening.js';
import { Plan, SLOT_MS, type Slot } from './plan.js';
import { failProvider, isProviderEvent } from './provider-events.js';
import { secureChannel } from './secure-channel.js';
import { ServerRecord } from './server-record.js';
import { SERVICES, soakServices, type ServiceName, type SoakServices } from './services.js';

/** All that takes part: the servers, those who call them, their clients, and the books that are kept. */
export class Stage {
  readonly chance: Chance;
  readonly plan: Plan;
  readonly identities: Identities;
  readonly record: ServerRecord;
  readonly ledger: Ledger = new Ledger();
  readonly clock: CountingClock = new CountingClock();
  readonly services: SoakServices;
  readonly #idp: IdentityProvider;
  readonly #apis: Readonly<Record<ServiceName, Api>>;
  readonly #elsewhere: Listening;

  private constructor(
    idp: IdentityProvider,
    { chance, plan, identities, record }: ApiSurroundings,
    apis: Readonly<Record<ServiceName, Api>>,
    elsewhere: Listening,
    secure: ReturnType<typeof secureChannel>,
  ) {
    this.chance = chance;
    this.plan = plan;
    this.identities = identities;
    this.record = record;
    this.services = soakServices(apis, identities, { clock: this.clock, chance, secure: secure.client });
    this.#idp = idp;
    this.#apis = apis;
    this.#elsewhere = elsewhere;
  }

  static async open(seed: number): Promise<Stage> {
    const chance = new Chance(seed);
    const idp = await startIdentityProvider();
    const record = new ServerRecord();
    const elsewhere = await startElsewhere(record);
    const surroundings: ApiSurroundings = {
      chance,
      record,
      plan: new Plan(new Chance(seed + 1)),
      identities: await Identities.of(idp, chance),
      elsewhere: `http://127.0.0.1:${elsewhere.port}`,
    };
    const secure = secureChannel();
    const apis = {
      orders: await Api.start('orders', surroundings),
      stock: await Api.start('stock', surroundings),
      vault: await Api.start('vault', surroundings, secure.server),
      files: await Api.start('files', surroundings),
    };
    return new Stage(idp, surroundings, apis, elsewhere, secure);
  }

  /** One mixture of faults after the other, until nobody calls any more; then there are none. */
  async fail(isOver: () => boolean): Promise<void> {
    this.identities.mood.isBad = true;
    while (!isOver()) {
      const slot = this.plan.slot(SERVICES.length);
      SERVICES.forEach((name, number) => {
        this.#apis[name].faults = slot.faults[number] ?? [];
        this.#apis[name].share = slot.share;
      });
      const end = await this.#begin(slot);
      await pause(SLOT_MS);
      await end();
    }
    for (const api of Object.values(this.#apis)) api.faults = [];
    this.identities.mood.isBad = false;
  }

  /** Ends the clients first, as a program would, and then the servers. */
  async close(): Promise<void> {
    await this.services.clients.close();
    this.services.agent.destroy();
    await Promise.all(Object.values(this.#apis).map((api) => api.down()));
    await this.#elsewhere.down();
    await this.#idp.close();
  }

  async #begin({ event, victim }: Slot): Promise<() => Promise<void>> {
    const api = this.#apis[SERVICES[victim] ?? 'orders'];
    if (event === 'tokens are revoked') api.revoke();
    if (event === 'the API is down') {
      await api.down();
      return () => api.up();
    }
    if (!isProviderEvent(event)) return () => Promise.resolve();
    const end = await failProvider(this.#idp, event, this.identities, this.plan);
    // Or nobody would notice: every token is held.
    await this.identities.signInAnew();
    for (const one of Object.values(this.#apis)) one.revoke();
    return end;
  }
}
