/** A file or folder of a FAT filesystem. */
export interface FatEntry {
  path: string;
  folder: boolean;
}

/** The trees of an image: the content of its filesystems. */
export interface Trees {
  /** Holds the tree of each partition, in a folder named by `treeOf`. */
  dir: string;
  /** Content of the FAT trees, by partition id. */
  fat: Record<string, FatEntry[]>;
}
