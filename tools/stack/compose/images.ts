import type { Environment } from '../environment.js';
import type { Step } from '../native/progress/steps.js';
import { compose, docker, DockerFailed } from './docker.js';

const PULLABLE_WITHIN_MS = 10_000;

/** The images whose tags `.env` pins. */
export function pinnedImages({ settings }: Environment): string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    name.endsWith('_IMAGE') ? [String(value)] : [],
  );
}

export async function missingImages(environment: Environment): Promise<string[]> {
  const found = await Promise.all(
    pinnedImages(environment).map(async (image) =>
      (await isHere(image, environment)) ? [] : [image],
    ),
  );
  return found.flat();
}

/** Requests only the manifest of the image from the registry. */
export async function canBePulled(image: string, environment: Environment): Promise<boolean> {
  const signal = AbortSignal.timeout(PULLABLE_WITHIN_MS);
  return await docker(['manifest', 'inspect', image], { environment, signal }).then(
    () => true,
    () => false,
  );
}

/** Pulls missing images, then builds the image of the apps. Docker caches unchanged layers. */
export async function imageSteps(environment: Environment): Promise<Step[]> {
  const pulls = (await missingImages(environment)).map((image) => ({
    name: `pull ${image}`,
    after: [],
    run: async (signal: AbortSignal) =>
      void (await docker(['pull', '--quiet', image], { environment, signal })),
  }));
  const build = {
    name: 'image',
    after: pulls.map(({ name }) => name),
    run: async (signal: AbortSignal) => void (await compose(['build'], { environment, signal })),
  };
  return [...pulls, build];
}

async function isHere(image: string, environment: Environment): Promise<boolean> {
  try {
    await docker(['image', 'inspect', '--format', '{{.Id}}', image], { environment });
    return true;
  } catch (error) {
    if (error instanceof DockerFailed) return false;
    throw error;
  }
}
