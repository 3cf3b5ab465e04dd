import type { DiskConfig, PartitionConfig } from './config.ts';

/** MiB that a GPT takes before the first partition, and its copy after the last. Whole MiBs keep partitions aligned. */
export const tableMiB = 1;

/** True for the EFI system partition. Pure. */
export function isEsp({ flags, type }: PartitionConfig): boolean {
  return flags.includes('esp') || type === 'esp';
}

/** Returns where a partition ends, in MiB. Pure. */
export function partitionEnd(partition: PartitionConfig, disk: DiskConfig): number {
  const toTheEnd = partition.end === 0 || partition.end === disk.maxSize;
  return toTheEnd ? disk.maxSize - tableMiB : partition.end;
}
