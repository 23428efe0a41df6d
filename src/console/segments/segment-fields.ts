/** The fields of a segment. */

import type { Field } from '../fields/field-values.js';

const TEXT = {
  type: 'TEXT',
  required: false,
  pattern: null,
  maxLength: null,
  defaultValue: null,
  options: [],
  shownWhen: null,
} as const;

/** All of them. */
export const SEGMENT_FIELDS: readonly Field[] = [
  {
    ...TEXT,
    name: 'segmentId',
    label: 'Segment id',
    help: 'Your own id, such as `vip`. It never changes.',
    required: true,
  },
  { ...TEXT, name: 'name', label: 'Name', help: 'Records with segment names carry it.', required: true },
  { ...TEXT, name: 'namespace', label: 'Namespace', help: 'What records file it under.', defaultValue: 'ups' },
  { ...TEXT, type: 'MULTILINE', name: 'description', label: 'Description', help: 'Who is in it, and why.' },
];

/** Those that change later. */
export const EDITABLE_FIELDS = SEGMENT_FIELDS.filter(({ name }) => name === 'name' || name === 'description');
