// The attributes by which runs are found in Temporal. Fit for workflows: nothing here needs Node.
import { defineSearchAttributeKey } from '@temporalio/common';

export const TARGET = defineSearchAttributeKey('ProxybenchTarget', 'KEYWORD');
export const PROFILE = defineSearchAttributeKey('ProxybenchProfile', 'KEYWORD');
/** A `RunState`. */
export const STATE = defineSearchAttributeKey('ProxybenchState', 'KEYWORD');
/** A `FailureFamily`; unset until there is a verdict. */
export const FAILURE_FAMILY = defineSearchAttributeKey('ProxybenchFailureFamily', 'KEYWORD');

/** All of them, for registration. */
export const SEARCH_ATTRIBUTE_KEYS = [TARGET, PROFILE, STATE, FAILURE_FAMILY] as const;
