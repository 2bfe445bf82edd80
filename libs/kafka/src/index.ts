export {
  addPartitions,
  committedOffsets,
  endOffsets,
  ensureTopics,
  groupCommits,
  offsetsSince,
  pingBroker,
  rangesSince,
  setOffsets,
  type Offsets,
} from './admin.js';
export type { Isolation } from './fetch/fetched-batch.js';
export { GroupConsumer, type FetchedRecords } from './group-consumer.js';
export { BatchTooLarge, partitionOf, RecordProducer } from './produce/producer.js';
export {
  ProducerFenced,
  TransactionalProducer,
  type OpenTransaction,
  type OutgoingRecord,
  type TransactionalConnection,
} from './produce/transactional-producer.js';
export { readTopic } from './read-topic.js';
export {
  headerTexts,
  userOf,
  type KafkaRecord,
  type OffsetRange,
  type TopicPartition,
} from './record.js';
export { firstRecords } from './watch/first-records.js';
export {
  readGroupState,
  type GroupMember,
  type GroupPosition,
  type GroupState,
} from './watch/group-state.js';
export { readTopicSettings, type TopicSettings } from './watch/topic-settings.js';
export { readTopicNow, type TopicNow } from './watch/topic-now.js';
