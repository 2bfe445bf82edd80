import { createRequire } from 'node:module';

/**
 * Kafka's topic ids (KIP-516). A topic that was deleted and created again has the same name and
 * other records, and only its id tells. kafkajs asks for metadata up to version 6; ids came with
 * version 10. This adds version 10 for the requests that `askForIds` marks, and changes no other.
 * https://kafka.apache.org/protocol#The_Messages_Metadata
 */
const METADATA = 3;
const VERSION = 10;
const UUID_BYTES = 16;
const NO_ID = '00000000-0000-0000-0000-000000000000';

interface Encoder {
  writeUVarInt: (value: number) => Encoder;
  writeUVarIntString: (value: string) => Encoder;
  writeUVarIntArray: (values: Encoder[]) => Encoder;
  writeBuffer: (bytes: Buffer) => Encoder;
  writeBoolean: (value: boolean) => Encoder;
}

interface Decoder {
  buffer: Buffer;
  offset: number;
  readInt16: () => number;
  readInt32: () => number;
  readBoolean: () => boolean;
  readUVarIntString: () => string | null;
  readUVarIntArray: <Item>(read: (decoder: Decoder) => Item) => Item[] | null;
  readTaggedFields: () => unknown;
}

interface Broker {
  versions: Record<number, { maxVersion: number } | undefined>;
  lookupRequest: (apiKey: number, definition: unknown) => unknown;
  metadata: (topics: string[]) => Promise<unknown>;
}

const requireKafkajs = createRequire(import.meta.url);
const EncoderClass = requireKafkajs('kafkajs/src/protocol/encoder') as new () => Encoder;
const DecoderClass = requireKafkajs('kafkajs/src/protocol/decoder') as new (
  bytes: Buffer,
) => Decoder;
const { parse } = requireKafkajs('kafkajs/src/protocol/requests/metadata/v6/response') as {
  parse: unknown;
};
const { prototype } = requireKafkajs('kafkajs/src/broker') as { prototype: Broker };

const askedForIds = new WeakSet<string[]>();

/** Metadata of this list has a `topicId` in each partition. */
export function askForIds(topics: string[]): string[] {
  askedForIds.add(topics);
  return topics;
}

const { metadata } = prototype;
prototype.metadata = async function (topics) {
  const maxVersion = this.versions[METADATA]?.maxVersion ?? 0;
  if (!askedForIds.has(topics) || maxVersion < VERSION) return await metadata.call(this, topics);
  const asking = Object.create(this) as Broker;
  asking.lookupRequest = () => withIds;
  return await metadata.call(asking, topics);
};

const withIds = ({ topics }: { topics: string[] }) => ({
  request: {
    apiKey: METADATA,
    apiVersion: VERSION,
    apiName: 'Metadata',
    encode: () => Promise.resolve(encode(topics)),
  },
  response: { decode: (bytes: Buffer) => Promise.resolve(decode(bytes)), parse },
});

/** Tagged fields, of which this client knows none. */
const NO_TAGS = 0;

// The first tags are those of the request header, which kafkajs has written up to there.
const encode = (topics: string[]) =>
  new EncoderClass()
    .writeUVarInt(NO_TAGS)
    .writeUVarIntArray(
      topics.map((name) =>
        new EncoderClass()
          .writeBuffer(Buffer.alloc(UUID_BYTES))
          .writeUVarIntString(name)
          .writeUVarInt(NO_TAGS),
      ),
    )
    // No automatic creation of topics, no authorized operations of the cluster or of the topics.
    .writeBoolean(false)
    .writeBoolean(false)
    .writeBoolean(false)
    .writeUVarInt(NO_TAGS);

function decode(bytes: Buffer) {
  const decoder = new DecoderClass(bytes);
  decoder.readTaggedFields();
  return {
    throttleTime: 0,
    clientSideThrottleTime: decoder.readInt32(),
    brokers: decoder.readUVarIntArray(brokerIn),
    clusterId: decoder.readUVarIntString(),
    controllerId: decoder.readInt32(),
    topicMetadata: decoder.readUVarIntArray(topicIn),
  };
}

const brokerIn = (decoder: Decoder) =>
  tagged(decoder, {
    nodeId: decoder.readInt32(),
    host: decoder.readUVarIntString(),
    port: decoder.readInt32(),
    rack: decoder.readUVarIntString(),
  });

function topicIn(decoder: Decoder) {
  const topicErrorCode = decoder.readInt16();
  const topic = decoder.readUVarIntString();
  const topicId = uuidIn(decoder);
  const isInternal = decoder.readBoolean();
  const partitions = decoder.readUVarIntArray(partitionIn) ?? [];
  // kafkajs hands over the partitions of a topic, and nothing else of it.
  const partitionMetadata = partitions.map((partition) => ({ ...partition, topicId }));
  // The authorized operations.
  decoder.readInt32();
  return tagged(decoder, { topicErrorCode, topic, isInternal, partitionMetadata });
}

function partitionIn(decoder: Decoder) {
  const numbers = () => decoder.readUVarIntArray((one) => one.readInt32()) ?? [];
  const partitionErrorCode = decoder.readInt16();
  const partitionId = decoder.readInt32();
  const leader = decoder.readInt32();
  const leaderEpoch = decoder.readInt32();
  const [replicas, isr, offlineReplicas] = [numbers(), numbers(), numbers()];
  const read = { partitionErrorCode, partitionId, leader, leaderEpoch };
  return tagged(decoder, { ...read, replicas, isr, offlineReplicas });
}

function uuidIn(decoder: Decoder): string | undefined {
  const hex = decoder.buffer.toString('hex', decoder.offset, decoder.offset + UUID_BYTES);
  decoder.offset += UUID_BYTES;
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return id === NO_ID ? undefined : id;
}

/** Every structure ends with tagged fields. */
function tagged<Read>(decoder: Decoder, read: Read): Read {
  decoder.readTaggedFields();
  return read;
}
