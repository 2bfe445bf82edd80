export * from './kafka-record.js';
export { committedOffsets, endOffsets, ensureTopics, type Offsets } from './kafka/admin.js';
export { readTopic } from './kafka/read-topic.js';
export { RecordProducer } from './kafka/record-producer.js';
