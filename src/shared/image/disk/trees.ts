/** An entry of a tree or filesystem. The size is 0 for anything but a file or a link. */
export type TreeEntry = [path: string, mode: number, uid: number, gid: number, size: number];

/** A file or folder of a FAT tree. */
export interface FatEntry {
  path: string;
  folder: boolean;
}

/** The trees of an image: the content of its filesystems. */
export interface Trees {
  /** Holds the tree of each partition, in a folder named by `treeOf`. */
  dir: string;
  /** The files and folders of the FAT trees, by partition id. */
  fat: Record<string, FatEntry[]>;
  /** Everything in each other tree, by the tree's name. */
  entries: Record<string, TreeEntry[]>;
}
