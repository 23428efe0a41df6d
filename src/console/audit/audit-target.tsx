/** What an entry of the audit log was done to: its name, and the way to it. */

import { Anchor, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { AuditTargetFragment } from '../generated/graphql.js';

/** Shows it; what has no view of its own is named by its type. */
export function AuditTarget({ target }: { target: AuditTargetFragment }) {
  const place = placeOf(target);
  if (!place)
    return (
      <Text size="xs" c="dimmed">
        {target.__typename}
      </Text>
    );
  return (
    <Text size="xs">
      {place.kind}{' '}
      <Anchor component={Link} href={place.href} size="xs" underline="always">
        {place.name}
      </Anchor>
    </Text>
  );
}

interface Place {
  readonly kind: string;
  readonly name: string;
  readonly href: string;
}

function placeOf(target: AuditTargetFragment): Place | null {
  switch (target.__typename) {
    case 'KinesisDestination':
      return { kind: 'Destination', name: target.name, href: `/destinations/${target.id}` };
    case 'Activation':
      return { kind: 'Activation to', name: target.destination.name, href: `/activations/${target.id}` };
    case 'Export':
      return { kind: 'Export to', name: target.destination.name, href: `/exports/${target.id}` };
    case 'Segment':
      return { kind: 'Segment', name: target.name, href: `/segments/${encodeURIComponent(target.segmentId)}` };
    case 'Profile':
      return { kind: 'Profile', name: target.profileId, href: `/profiles/${encodeURIComponent(target.profileId)}` };
    case 'Credential':
      return { kind: 'Credential', name: target.name, href: '/credentials' };
    case 'ApiKey':
      return { kind: 'API key', name: target.name, href: '/api-keys' };
    default:
      return null;
  }
}
