import { register, type LoadHook } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { VERSIONS_FILE, withOnly } from './with-only.js';

/**
 * `node --import …/one-version-only.js?version=1` makes another release out of the present build:
 * the same code, whose list of the versions of `payment.completed` has one entry. So its reader
 * refuses a record of the other version, and its payments cannot publish one.
 * @see https://nodejs.org/docs/latest-v20.x/api/module.html#customization-hooks
 */
if (isMainThread) register(import.meta.url);

/** Node calls it in its thread for hooks. */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (!url.endsWith(VERSIONS_FILE)) return loaded;
  const version = new URL(import.meta.url).searchParams.get('version');
  return { ...loaded, source: withOnly(version ?? '', textOf(loaded.source)) };
};

const textOf = (source: Awaited<ReturnType<LoadHook>>['source'] = '') =>
  typeof source === 'string' ? source : new TextDecoder().decode(source);
