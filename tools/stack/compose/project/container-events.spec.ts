import { parseEvent } from './container-events.js';

const line = (action: string, attributes: Record<string, string>) =>
  JSON.stringify({
    Type: 'container',
    Action: action,
    Actor: { ID: 'f00', Attributes: attributes },
    time: 1795267307,
    timeNano: 1_795_267_307_081 * 1e6,
  });
const redis = { 'com.docker.compose.service': 'redis', 'com.docker.compose.oneoff': 'False' };

describe('a docker event', () => {
  it.each([
    ['create', 'created'],
    ['start', 'started'],
    ['health_status: healthy', 'healthy'],
    ['destroy', 'removed'],
  ])('%s becomes %s', (action, kind) => {
    const event = parseEvent(line(action, redis));
    expect(event).toMatchObject({ kind, service: 'redis' });
    expect(Math.round(event!.atMs)).toBe(1795267307081);
  });

  it('has the exit code of the program', () => {
    expect(parseEvent(line('die', { ...redis, exitCode: '137' }))).toMatchObject({
      kind: 'ended',
      service: 'redis',
      exitCode: 137,
    });
  });

  it('is ignored if a container becomes unhealthy', () => {
    expect(parseEvent(line('health_status: unhealthy', redis))).toBeUndefined();
  });

  it('is ignored for containers of docker compose run', () => {
    const run = { ...redis, 'com.docker.compose.oneoff': 'True' };
    expect(parseEvent(line('die', { ...run, exitCode: '1' }))).toBeUndefined();
  });
});
