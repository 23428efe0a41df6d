/** The fields of a replay: which deliveries go again, and how fast. */

import type { Field } from '../fields/field-values.js';

const NONE = {
  type: 'TIME',
  required: false,
  pattern: null,
  maxLength: null,
  defaultValue: null,
  options: [],
  shownWhen: null,
} as const;

/** All of them. */
export const REPLAY_FIELDS: readonly Field[] = [
  { ...NONE, name: 'from', label: 'Delivered from', help: 'At this time or later, in your time zone.', required: true },
  { ...NONE, name: 'to', label: 'Delivered before', help: 'Empty: until now.' },
  {
    ...NONE,
    type: 'INTEGER',
    name: 'maxRecordsPerSecond',
    label: 'Most records a second',
    help: 'Empty: as fast as the stream takes them.',
  },
];
