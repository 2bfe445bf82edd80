import { readPipeline } from './pipeline.js';

it('shows the other links while one is unreadable', async () => {
  const links = {
    outbox: async () => ({ rows: 3 }),
    connector: async () => {
      throw new Error('Connect answered 500');
    },
    topics: async () => {
      throw new AggregateError([], '');
    },
  };
  await expect(readPipeline(links)).resolves.toEqual({
    outbox: { rows: 3 },
    connector: { unreadable: 'Connect answered 500' },
    topics: { unreadable: 'AggregateError' },
  });
});
