import { deadLetterTopic, TOPICS } from '@effectively-once/contracts';
import { differences } from './connector-settings.js';
import { problemsOf } from './topic-settings.js';

const topic = TOPICS.find(({ name }) => name === 'payment.completed')!;

/** The topic as it was created, with changes. */
function found(changed: Record<string, string> = {}, partitions = topic.partitions) {
  const config = new Map(
    Object.entries({
      'cleanup.policy': 'delete',
      'retention.bytes': '-1',
      'unclean.leader.election.enable': 'false',
      'max.message.bytes': '1048588',
      ...topic.config,
      ...changed,
    }),
  );
  return { partitions, config };
}

describe('a topic', () => {
  it('as it was created has no problem', () => {
    expect(problemsOf(topic, found())).toEqual([]);
  });

  it.each([
    ['retention.ms', '60000'],
    ['segment.ms', '604800000'],
    ['retention.bytes', '1000000'],
    ['cleanup.policy', 'compact'],
    ['compression.type', 'zstd'],
    ['max.message.bytes', '1000'],
    ['unclean.leader.election.enable', 'true'],
  ])('has a problem when its %s is %s', (key, value) => {
    expect(problemsOf(topic, found({ [key]: value }))).toEqual([expect.stringContaining(key)]);
  });

  it('has a problem when it has more partitions, or is missing', () => {
    expect(problemsOf(topic, found({}, 12))).toEqual([expect.stringContaining('12 partitions')]);
    const missing = { ...topic, name: deadLetterTopic('email') };
    expect(problemsOf(missing, undefined)).toEqual([
      'the topic payment.completed.email.dlq is missing',
    ]);
  });
});

describe('the configuration of the connector', () => {
  const registered = { 'snapshot.mode': 'when_needed', 'database.password': 'secret' };

  it('as it was registered has no difference', () => {
    expect(differences(registered, { ...registered, name: 'payments-outbox' })).toEqual([]);
  });

  it('names keys that changed, came or went, and no value', () => {
    const problems = differences(registered, {
      'database.password': 'another secret',
      'transforms.drop.type': 'Filter',
    });
    expect(problems).toEqual([
      'database.password has another value than registered',
      'snapshot.mode is missing',
      'transforms.drop.type is set, and was not registered',
    ]);
    expect(problems.join()).not.toContain('secret');
  });
});
