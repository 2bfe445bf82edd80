import type { Environment } from '../environment.js';
import { docker } from './docker.js';
import { canBePulled, missingImages, pinnedImages } from './images.js';

const ANSWER_WITHIN_MS = 3_000;
/** The first version with `attach`, which hides the logs of the servers. */
const COMPOSE_FLOOR = [2, 20] as const;

/** Tells whether compose can run here, and why. Takes at most the sum of its timeouts. */
export async function composeAvailability(
  environment: Environment,
): Promise<{ isAvailable: boolean; why: string }> {
  const no = (why: string) => ({ isAvailable: false, why });
  const ask = (args: string[]) =>
    docker(args, { environment, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).then(
      (answer) => answer.trim(),
      () => undefined,
    );
  const [daemon, plugin] = await Promise.all([
    ask(['version', '--format', '{{.Server.Version}}']),
    ask(['compose', 'version', '--short']),
  ]);
  if (!daemon) return no('no Docker daemon answers');
  if (!plugin || !isNewEnough(plugin)) {
    return no(`docker compose ${COMPOSE_FLOOR.join('.')} or newer is not installed`);
  }
  const missing = await missingImages(environment);
  const pullable = await Promise.all(missing.map((image) => canBePulled(image, environment)));
  const unreachable = missing.filter((_, index) => !pullable[index]);
  if (unreachable.length > 0) {
    return no(`Docker ${daemon} answers, but cannot pull ${unreachable.join(', ')}`);
  }
  const count = pinnedImages(environment).length;
  const has =
    missing.length === 0
      ? ` and has all ${count} images`
      : `, has ${count - missing.length} of ${count} images and can pull the others`;
  return { isAvailable: true, why: `Docker ${daemon} answers${has}` };
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [floorMajor, floorMinor] = COMPOSE_FLOOR;
  return major > floorMajor || (major === floorMajor && minor >= floorMinor);
}
