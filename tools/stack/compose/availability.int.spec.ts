import { readEnvironment } from '../environment.js';
import { composeAvailability } from './availability.js';
import { PretendedDocker } from './pretended-docker.fixture.js';

const availability = async (docker: PretendedDocker) =>
  await composeAvailability(docker.environment);

const DAEMON = "'version '*) echo 28.1.0 ;;";
const PLUGIN = "'compose version --short') echo v2.40.3 ;;";
const IMAGES = "'image inspect '*) echo sha256:f00 ;;";
const NO_REDIS = "'image inspect '*redis*) exit 1 ;;";

describe('compose availability', () => {
  let docker: PretendedDocker;
  beforeEach(() => (docker = new PretendedDocker()));
  afterEach(() => docker.remove());

  it('is available with a daemon and every image', async () => {
    await expect(availability(docker.answers(`${DAEMON}${PLUGIN}${IMAGES}`))).resolves.toEqual({
      isAvailable: true,
      why: 'Docker 28.1.0 answers and has all 8 images',
    });
  });

  it('is available if docker can pull the missing images', async () => {
    const pullable = "'manifest inspect redis:8') echo {} ;;";
    await expect(
      availability(docker.answers(`${DAEMON}${PLUGIN}${NO_REDIS}${IMAGES}${pullable}`)),
    ).resolves.toEqual({
      isAvailable: true,
      why: 'Docker 28.1.0 answers, has 7 of 8 images and can pull the others',
    });
  });

  it('is unavailable if docker cannot pull a missing image, and names the image', async () => {
    await expect(
      availability(docker.answers(`${DAEMON}${PLUGIN}${NO_REDIS}${IMAGES}`)),
    ).resolves.toEqual({
      isAvailable: false,
      why: 'Docker 28.1.0 answers, but cannot pull redis:8',
    });
  });

  it('is unavailable without a daemon', async () => {
    await expect(availability(docker.answers(PLUGIN))).resolves.toEqual({
      isAvailable: false,
      why: 'no Docker daemon answers',
    });
  });

  it('is unavailable without a docker command', async () => {
    const environment = readEnvironment({ PATH: docker.folder });
    await expect(composeAvailability(environment)).resolves.toMatchObject({ isAvailable: false });
  });

  it('is unavailable if the daemon hangs, and does not hang itself', async () => {
    const hanging = "'version '*) exec sleep 600 ;;";
    await expect(availability(docker.answers(`${hanging}${PLUGIN}`))).resolves.toEqual({
      isAvailable: false,
      why: 'no Docker daemon answers',
    });
  });

  it.each(['2.19.1', '1.29.2'])('is unavailable with docker compose %s', async (version) => {
    const old = `'compose version --short') echo ${version} ;;`;
    await expect(availability(docker.answers(`${DAEMON}${old}`))).resolves.toEqual({
      isAvailable: false,
      why: 'docker compose 2.20 or newer is not installed',
    });
  });
});
