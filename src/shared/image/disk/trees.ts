/** An entry of a tree or filesystem. The size is 0 for anything but a file or a link. */
export type TreeEntry = [path: string, mode: number, uid: number, gid: number, size: number];

/** The trees of an image: the content of its filesystems. */
export interface Trees {
  /** Holds the tree of each partition, in a folder named by `treeOf`. */
  dir: string;
  /** The files and folders of the FAT trees, by partition id. */
  fat: Record<string, { path: string; folder: boolean }[]>;
  /** Everything in each other tree, by the tree's name. */
  entries: Record<string, TreeEntry[]>;
}
