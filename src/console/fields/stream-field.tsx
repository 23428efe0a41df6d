/** A stream: picked from those that the credential may list, or typed. */

import { Autocomplete, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from 'urql';
import { PickStreamDocument, type PickStreamQuery } from '../generated/graphql.js';
import { MissingPermission } from '../ui/missing-permission.js';
import { formatCount } from '../ui/words.js';
import { type FieldControlProps, textProps } from './field-control.js';

const PAUSE_MS = 400;

/** A STREAM field; the form has `credentialId` and `region` as well. */
export function StreamField(props: FieldControlProps) {
  const { field, state } = props;
  const [credentialId] = useDebouncedValue(String(state.values['credentialId'] ?? ''), PAUSE_MS);
  const [region] = useDebouncedValue(String(state.values['region'] ?? ''), PAUSE_MS);
  const isKnown = credentialId !== '' && region !== '';
  const [{ data, fetching }] = useQuery({
    query: PickStreamDocument,
    variables: { credentialId, region },
    pause: !isKnown,
  });
  const found = isKnown ? data?.listStreams : undefined;
  const names = found?.__typename === 'ListStreamsSuccess' ? found.streams.map(({ name }) => name) : [];
  return (
    <div>
      <Autocomplete
        {...textProps(props)}
        data={names}
        onChange={(name) => state.setValue(field.name, name)}
        autoComplete="off"
        spellCheck={false}
      />
      <Text size="xs" c="dimmed" mt={4} role="status">
        {isKnown ? describe(found, fetching) : 'With a credential and a region, streams can be picked from a list.'}
      </Text>
      {!fetching && found?.__typename === 'AwsError' && <MissingPermission {...found} />}
    </div>
  );
}

function describe(found: PickStreamQuery['listStreams'] | undefined, isFetching: boolean): string {
  if (isFetching) return 'Looking for streams…';
  if (!found) return 'Streams cannot be listed now: type the name.';
  if (found.__typename !== 'ListStreamsSuccess') return `${found.message} The name can be typed.`;
  if (found.streams.length === 0) return 'There is no stream in this region: make one at AWS first.';
  return found.truncated
    ? 'The first streams of this region; others can be typed.'
    : `Streams found: ${formatCount(found.streams.length)}.`;
}
