/** Where a record lies. Offsets are bigint, because they outgrow a double's integers. */
export interface Position {
  partition: number;
  offset: bigint;
}

export const positionName = ({ partition, offset }: Position) => `${partition}-${offset}`;

/** Partition → the offset of the next record. */
export type TopicEnds = ReadonlyMap<number, bigint>;
