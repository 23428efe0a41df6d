/** The query protocol that AWS STS speaks: a form goes in, XML comes out. */

import type { WireInput } from './wire-input.js';

/** Reads a form: each field a text, `Action` the operation. */
export function parseQueryInput(body: Buffer): WireInput {
  return Object.fromEntries(new URLSearchParams(body.toString('utf8')));
}

/** The body of an operation's answer. @param result XML. */
export function queryResultBody(operation: string, result: string): string {
  return (
    `<${operation}Response xmlns="${NAMESPACE}">` +
    `<${operation}Result>${result}</${operation}Result></${operation}Response>`
  );
}

/** The body of an error. */
export function queryErrorBody(code: string, message: string): string {
  return (
    `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code>` +
    `<Message>${escapeXml(message)}</Message></Error></ErrorResponse>`
  );
}

/** Text as XML. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
