import { ServiceSdk, path, type CallOptions, type ListOptions } from '@holdfast/sdk-base';
import * as v from 'valibot';

export const User = v.object({ id: v.string(), displayName: v.string() });
export type User = v.InferOutput<typeof User>;

/** Who works at Contoso, in the manner of Microsoft Graph. */
export class Directory extends ServiceSdk {
  /** Who calls. For the view of a user: `contoso.as(credential).directory.me()`. */
  me(options?: CallOptions) {
    return this.http.get('/me', { ...options, schema: User });
  }

  user(id: string, options?: CallOptions) {
    return this.http.get(path`/users/${id}`, { ...options, schema: User });
  }

  /** `{ query: { $filter: "startswith(displayName, 'A')" } }` for some of them. */
  users(options?: ListOptions<User>) {
    return this.http.paginate('/users', { ...options, schema: User });
  }
}
