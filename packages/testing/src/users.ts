import { randomUUID } from 'node:crypto';

/** A user to be; what is left out is made up. */
export interface UserInit {
  /** What he types to sign in. Default: one that nobody else has. */
  readonly username?: string;
  /** Default: his username. */
  readonly name?: string;
  /** Default: a random UUID. */
  readonly objectId?: string;
  /** The tenant he comes from. Default: the identity provider's. */
  readonly tenantId?: string;
}

/** A user of the identity provider. */
export interface User extends Required<UserInit> {
  /** By which MSAL tells him from all others: object id and tenant. */
  readonly homeAccountId: string;
}

/** Who the identity provider knows. */
export class Users {
  readonly all: User[] = [];
  readonly #tenantId: string;

  constructor(tenantId: string) {
    this.#tenantId = tenantId;
  }

  /** @throws {TypeError} when another one has the name or the id. */
  add({
    username = `user${this.all.length}@contoso.example`,
    name = username,
    objectId = randomUUID(),
    tenantId = this.#tenantId,
  }: UserInit = {}): User {
    if (this.named(username) !== undefined || this.of(objectId) !== undefined)
      throw new TypeError('There is another user of this name or object id');
    const user = { username, name, objectId, tenantId, homeAccountId: `${objectId}.${tenantId}` };
    this.#byId.set(objectId, user);
    this.#byName.set(username, user);
    this.all.push(user);
    return user;
  }

  of(objectId: string | undefined): User | undefined {
    return this.#byId.get(objectId ?? '');
  }

  named(username: string): User | undefined {
    return this.#byName.get(username);
  }

  readonly #byId = new Map<string, User>();
  readonly #byName = new Map<string, User>();
}
