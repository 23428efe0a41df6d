/** The error catalogue as a document for people: docs/errors.md. */

import { ERROR_CATALOGUE, type ErrorCode, type ErrorCodeKind } from './error-catalogue.js';

/** What stands above each kind's table. */
const CHAPTERS: Record<ErrorCodeKind, { title: string; text: string }> = {
  FAILURE: {
    title: 'Failures',
    text: 'The record was given up on and is kept as a failed record, until it is retried or discarded.',
  },
  SKIP: { title: 'Skips', text: 'The record was not sent, by rule and not by fault. Each is counted.' },
  DEFERRAL: { title: 'Deferrals', text: 'The record waits and goes again by itself. Nothing is lost.' },
  HALT: {
    title: 'Halts',
    text: 'The destination delivers nothing, keeps everything, and tries again every 15 s; it resumes by itself once the cause is mended.',
  },
  WARNING: { title: 'Warnings', text: 'All works, but not for long: a person is needed before it ends.' },
  USER_ERROR: {
    title: 'User errors',
    text: 'Members of the result unions of mutations, in `code`; an *issue* stands in `issues` of an InvalidInputError, with the path of its field.',
  },
  REQUEST: { title: 'Refused requests', text: 'In `extensions.code` of a top-level error: nothing was done.' },
  STREAM_END: { title: 'Ends of streams', text: 'In `StreamEnded` of a subscription, with a cursor to resume from.' },
};

/** Writes the document. */
export function writeErrorDocument(): string {
  const chapters = Object.entries(CHAPTERS).map(([kind, { title, text }]) => {
    const rows = ERROR_CATALOGUE.filter((entry) => entry.kind === kind).map(toRow);
    return [
      `## ${title}`,
      '',
      text,
      '',
      '| code | meaning | try again? | what to do |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
    ];
  });
  return [...HEAD, ...chapters.flat()].join('\n');
}

const HEAD = [
  '# Error catalogue',
  '',
  'Every stable code of this API, as the query `errorCodes` gives it. This page is written by `npm run schema`; its source is',
  '`src/domain/delivery-code.ts` and `src/domain/error-catalogue.ts`.',
  '',
];

function toRow({ code, meaning, retryable, remedy }: ErrorCode): string {
  return `| \`${code}\` | ${escapeBars(meaning)} | ${retryable ? 'yes' : 'no'} | ${escapeBars(remedy)} |`;
}

function escapeBars(text: string): string {
  return text.replaceAll('|', '\\|');
}
