import type { RequestRetryOptions } from '@holdfast/client';
import type { GenericAbortSignal } from 'axios';
import { mergedHeaders } from './call-options-headers.js';
import type { SdkSettings } from './call-options.js';
import { EitherSignal } from './either-signal.js';

/** Settings of which two may have been made one. */
export interface MergedSettings extends Omit<SdkSettings, 'signal'> {
  readonly signal?: GenericAbortSignal;
}

/** Settings that may have been given as `undefined`, as read options are. */
type Given = { readonly [Name in keyof MergedSettings]: MergedSettings[Name] | undefined };

/** Settings over others, one by one: headers by name, options of `retry` by name, and of two signals the first to end counts. */
export function mergedSettings(usual: MergedSettings, own: Given): MergedSettings {
  const said = Object.fromEntries(
    Object.entries(own).filter(([, value]) => value !== undefined),
  ) as MergedSettings;
  const retry = mergedRetry(usual.retry, said.retry);
  const signal = mergedSignal(usual.signal, said.signal);
  return {
    ...usual,
    ...said,
    ...((usual.headers ?? said.headers) && { headers: mergedHeaders(usual.headers, said.headers) }),
    ...(retry !== undefined && { retry }),
    ...(signal && { signal }),
  };
}

function mergedRetry(
  usual: false | RequestRetryOptions | undefined,
  own: false | RequestRetryOptions | undefined,
): false | RequestRetryOptions | undefined {
  return usual && own ? { ...usual, ...own } : (own ?? usual);
}

function mergedSignal(
  usual: GenericAbortSignal | undefined,
  own: GenericAbortSignal | undefined,
): GenericAbortSignal | undefined {
  return usual && own ? new EitherSignal(usual, own) : (own ?? usual);
}

/**
 * The settings of an SDK in two layers: what constructors have said, and over it what `withOptions()` and `as()` have said. So a class that
 * says something in its constructor each time does not take back what a view of it was made for.
 */
export class LayeredSettings {
  readonly #own: MergedSettings;
  readonly #view: MergedSettings;
  readonly merged: MergedSettings;

  constructor(own: MergedSettings, view: MergedSettings = {}) {
    this.#own = own;
    this.#view = view;
    this.merged = mergedSettings(own, view);
  }

  /** What a constructor says: over what others have, under what the view has. */
  under(settings: SdkSettings): LayeredSettings {
    return new LayeredSettings(mergedSettings(this.#own, settings), this.#view);
  }

  /** What a view says: over everything. */
  over(settings: SdkSettings): LayeredSettings {
    return new LayeredSettings(this.#own, mergedSettings(this.#view, settings));
  }

  /** Whether both are of one view. */
  isViewOf(other: LayeredSettings): boolean {
    return this.#view === other.#view;
  }
}
