import { demoToken } from '../../../cli/clients/demo-token.js';
import type { Environment } from '../../../stack/environment.js';
import { median } from '../../statistics/spread.js';

const TIMES = 5;

export interface ConsoleCaller {
  url: string;
  token: string;
}

export const consoleCaller = async (
  environment: Environment,
  url: string,
): Promise<ConsoleCaller> => ({
  url,
  token: await demoToken(environment, { userId: 'growth', role: 'operator' }),
});

/** The median time of some answers, in ms. @throws Error with any answer but a 2xx. */
export async function askConsole(
  caller: ConsoleCaller,
  path: string,
  body?: object,
): Promise<number> {
  const tookMs: number[] = [];
  for (let time = 0; time < TIMES; time += 1) {
    const startedAtMs = performance.now();
    await readConsole(caller, path, body);
    tookMs.push(performance.now() - startedAtMs);
  }
  return median(tookMs);
}

export async function readConsole(
  { url, token }: ConsoleCaller,
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(new URL(path, url), {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${text}`);
  return JSON.parse(text);
}
