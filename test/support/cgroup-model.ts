// A cgroup with limits as tests and benches use it, of whichever kind the machine has.

/** What the group may use. */
export interface CgroupLimits {
  /** Anonymous memory, the files' pages charged to it and the kernel's own on its behalf, together. */
  readonly memoryMiB: number;
  /** Thousandths of one processor, held in periods of 100 ms as a kubelet holds them. Null: no limit. */
  readonly cpuMillicores: number | null;
}

/** What the group used since it was made. */
export interface CgroupReading {
  readonly usageBytes: number;
  readonly peakBytes: number;
  /** Of `usageBytes`: memory that belongs to no file. */
  readonly anonymousBytes: number;
  /** Of `usageBytes`: pages of files, programs among them, that were first read by this group. */
  readonly fileBytes: number;
  /** Of `usageBytes`: what the kernel keeps on the group's behalf. */
  readonly kernelBytes: number;
  /** Pages of files that were given up for want of room and then needed again. */
  readonly refaults: number;
  readonly oomKills: number;
  readonly cpuSeconds: number;
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledSeconds: number;
}

/** A group that is there until it is removed. */
export interface Cgroup {
  /** argv that joins the group and then becomes `command`, so that the pages of its very start are charged here. */
  enter(command: readonly string[]): readonly string[];
  read(): CgroupReading;
  /** Kills whatever still runs inside and removes the group. */
  remove(): Promise<void>;
}

/** What a way of making groups is given: a name of its own, and where this machine mounts its hierarchies. */
export interface CgroupRequest {
  readonly name: string;
  readonly limits: CgroupLimits;
  readonly mounts: readonly CgroupMount[];
}

/** One mounted hierarchy. */
export interface CgroupMount {
  readonly place: string;
  readonly type: 'cgroup' | 'cgroup2';
  /** For the older kind: the controllers it holds, among other words. */
  readonly options: readonly string[];
}
