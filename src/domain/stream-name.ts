/** Regions and streams as people type them: names and ARNs, checked before anything is asked of AWS. */

/** A stream, taken apart. `partition` and `accountId` are known only from an ARN. */
export interface StreamAddress {
  /** What to send to: the name or ARN as given. */
  readonly stream: string;
  readonly name: string;
  /** `aws`, `aws-cn`, `aws-us-gov` and whatever AWS adds to them. */
  readonly partition: string | null;
  /** 12 digits. */
  readonly accountId: string | null;
}

/** Why a region or stream cannot be one; stable, for messages and translations. */
export type StreamNameFault =
  | 'REGION_MALFORMED'
  | 'STREAM_NAME_EMPTY'
  | 'STREAM_NAME_TOO_LONG'
  | 'STREAM_NAME_MALFORMED'
  | 'STREAM_ARN_MALFORMED'
  | 'STREAM_ARN_OTHER_REGION';

/** A stream's address, or why the text is none. */
export type ParsedStream =
  | { readonly ok: true; readonly address: StreamAddress }
  | { readonly ok: false; readonly fault: StreamNameFault };

/** The longest stream name that Kinesis allows, in characters. */
export const MAX_STREAM_NAME_CHARACTERS = 128;

/** Form of a region, whole value. */
export const REGION_PATTERN = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** Form of a stream's name or ARN, whole value; whether an ARN's region is the right one, it cannot tell. */
export const STREAM_PATTERN =
  /^(?:[a-zA-Z0-9_.-]{1,128}|arn:aws(?:-[a-z]+)*:kinesis:[a-z0-9-]+:\d{12}:stream\/[a-zA-Z0-9_.-]{1,128})$/;

// Far beyond every region there is: the pattern is linear, the bound keeps host names short.
const MAX_REGION_CHARACTERS = 32;
const NAME = /^[a-zA-Z0-9_.-]+$/;
const ARN = /^arn:(aws(?:-[a-z]+)*):kinesis:([a-z0-9-]+):(\d{12}):stream\/([a-zA-Z0-9_.-]{1,128})$/;

/** Whether a text has the shape of an AWS region; no list, so that new regions and partitions work. */
export function isRegion(text: string): boolean {
  return text.length <= MAX_REGION_CHARACTERS && REGION_PATTERN.test(text);
}

/**
 * Reads a stream's name or ARN.
 * @param text as typed; surrounding white space is a fault, not trimmed.
 * @param region where the stream is; an ARN must name the same one, since its host follows the ARN and its signature the region.
 */
export function parseStream(text: string, region: string): ParsedStream {
  if (!isRegion(region)) return refuse('REGION_MALFORMED');
  return text.startsWith('arn:') ? parseArn(text, region) : parseName(text);
}

function parseName(name: string): ParsedStream {
  if (name === '') return refuse('STREAM_NAME_EMPTY');
  if (name.length > MAX_STREAM_NAME_CHARACTERS) return refuse('STREAM_NAME_TOO_LONG');
  if (!NAME.test(name)) return refuse('STREAM_NAME_MALFORMED');
  return { ok: true, address: { stream: name, name, partition: null, accountId: null } };
}

function parseArn(arn: string, region: string): ParsedStream {
  const [, partition, arnRegion, accountId, name] = ARN.exec(arn) ?? [];
  if (partition === undefined || accountId === undefined || name === undefined) return refuse('STREAM_ARN_MALFORMED');
  if (arnRegion !== region) return refuse('STREAM_ARN_OTHER_REGION');
  return { ok: true, address: { stream: arn, name, partition, accountId } };
}

function refuse(fault: StreamNameFault): ParsedStream {
  return { ok: false, fault };
}
