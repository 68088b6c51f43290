// What is fixed about each stage of the kind: its place in the order, the family it fails in, the tools it is made of.
import type { StageFailureFamily } from '../../plan/plan.ts';

/** The stages that run as containers or processes, in the order they run. `image-pull` goes before them all. */
export const STAGE_NAMES = ['apk-add', 'npm-install', 'go-download', 'git-mirror', 'summary'] as const;

export type StageName = (typeof STAGE_NAMES)[number];

/** The images whose pull is part of the proof; exactly these, so that nothing smaller stands in for them. */
export const REQUIRED_IMAGES = {
  'apk-add': 'docker.io/library/alpine:3.20',
  'npm-install': 'docker.io/library/node:22-bookworm',
  'go-download': 'docker.io/library/golang:1.24-bookworm',
  summary: 'docker.io/library/alpine:3.20',
} as const satisfies Partial<Record<StageName, string>>;

/** Facts of a stage. */
export interface StageFacts {
  readonly failureFamily: StageFailureFamily;
  /** Programs that the stage needs on a host target unless the profile names others. */
  readonly tools: readonly string[];
  readonly needsProxyTraffic: boolean;
}

export const STAGE_CATALOGUE: Readonly<Record<StageName, StageFacts>> = {
  'apk-add': { failureFamily: 'apk-download', tools: ['apk'], needsProxyTraffic: true },
  'npm-install': { failureFamily: 'npm-download', tools: ['node', 'npm'], needsProxyTraffic: true },
  'go-download': { failureFamily: 'go-download', tools: ['go'], needsProxyTraffic: true },
  'git-mirror': { failureFamily: 'git-mirror', tools: ['git'], needsProxyTraffic: true },
  summary: { failureFamily: 'infrastructure', tools: [], needsProxyTraffic: false },
};
