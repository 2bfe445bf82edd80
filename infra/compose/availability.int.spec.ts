import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '../environment.js';
import { composeAvailability } from './availability.js';

/** A docker command that answers as one on another machine would, for as long as the test runs. */
class PretendedDocker {
  readonly folder = mkdtempSync(join(tmpdir(), 'pretended-docker-'));

  answers(cases: string): this {
    const file = join(this.folder, 'docker');
    writeFileSync(file, `#!/bin/sh\ncase "$*" in\n${cases}\n*) exit 1 ;;\nesac\n`);
    chmodSync(file, 0o755);
    return this;
  }

  async availability() {
    const PATH = `${this.folder}:/usr/bin:/bin`;
    return await composeAvailability(readEnvironment({ PATH }));
  }

  async withoutDocker() {
    return await composeAvailability(readEnvironment({ PATH: this.folder }));
  }
}

const DAEMON = "'version '*) echo 28.1.0 ;;";
const PLUGIN = "'compose version --short') echo v2.40.3 ;;";
const IMAGES = "'image inspect '*) echo sha256:f00 ;;";
const NO_REDIS = "'image inspect '*redis*) exit 1 ;;";

describe('whether compose can run here', () => {
  let docker: PretendedDocker;
  beforeEach(() => (docker = new PretendedDocker()));
  afterEach(() => rmSync(docker.folder, { recursive: true }));

  it('can with a daemon and every image', async () => {
    await expect(docker.answers(`${DAEMON}${PLUGIN}${IMAGES}`).availability()).resolves.toEqual({
      isAvailable: true,
      why: 'Docker 28.1.0 answers and has all 8 images',
    });
  });

  it('can when what is missing can be pulled', async () => {
    const pullable = "'manifest inspect redis:8') echo {} ;;";
    await expect(
      docker.answers(`${DAEMON}${PLUGIN}${NO_REDIS}${IMAGES}${pullable}`).availability(),
    ).resolves.toEqual({
      isAvailable: true,
      why: 'Docker 28.1.0 answers, has 7 of 8 images and can pull the others',
    });
  });

  it('cannot when an image is neither here nor to be had, and names it', async () => {
    await expect(
      docker.answers(`${DAEMON}${PLUGIN}${NO_REDIS}${IMAGES}`).availability(),
    ).resolves.toEqual({
      isAvailable: false,
      why: 'Docker 28.1.0 answers, but cannot pull redis:8',
    });
  });

  it('cannot without a daemon', async () => {
    await expect(docker.answers(PLUGIN).availability()).resolves.toEqual({
      isAvailable: false,
      why: 'no Docker daemon answers',
    });
  });

  it('cannot without a docker command', async () => {
    await expect(docker.withoutDocker()).resolves.toMatchObject({ isAvailable: false });
  });

  it('cannot with a daemon that hangs, and does not hang with it', async () => {
    const hanging = "'version '*) exec sleep 600 ;;";
    await expect(docker.answers(`${hanging}${PLUGIN}`).availability()).resolves.toEqual({
      isAvailable: false,
      why: 'no Docker daemon answers',
    });
  });

  it.each(['2.19.1', '1.29.2'])('cannot with docker compose %s', async (version) => {
    const old = `'compose version --short') echo ${version} ;;`;
    await expect(docker.answers(`${DAEMON}${old}`).availability()).resolves.toEqual({
      isAvailable: false,
      why: 'docker compose 2.20 or newer is not there',
    });
  });
});
