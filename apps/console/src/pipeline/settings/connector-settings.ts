import { z } from 'zod';
import { CONNECTOR } from '../../connector/connect-api.js';

const TIMEOUT_MS = 3_000;
const configuration = z.record(z.string(), z.string().nullable());

/**
 * What of the connector's configuration is not as it was registered. Names only keys: a value may
 * be a password.
 */
export async function connectorProblems(
  connectUrl: string,
  registered: Record<string, string>,
): Promise<string[]> {
  const response = await fetch(new URL(`/connectors/${CONNECTOR}/config`, connectUrl), {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  // A missing connector has its own alert.
  if (!response.ok) throw new Error(`Connect answered ${response.status}`);
  return differences(registered, configuration.parse(await response.json()));
}

/** Pure, for the spec. */
export function differences(
  registered: Record<string, string>,
  found: Record<string, string | null>,
): string[] {
  // Connect adds the name.
  const keys = new Set([...Object.keys(registered), ...Object.keys(found)]);
  keys.delete('name');
  return [...keys].sort().flatMap((key) => {
    if (!(key in found)) return [`${key} is missing`];
    if (!(key in registered)) return [`${key} is set, and was not registered`];
    return found[key] === registered[key] ? [] : [`${key} has another value than registered`];
  });
}
