/** What a test of a destination found: each check, what it means, and what would mend it. */

import { Alert, Card, Group, Stack, Text } from '@mantine/core';
import type { TestFragment } from '../generated/graphql.js';
import { MissingPermission } from './missing-permission.js';
import { StateBadge } from './state-badge.js';
import { capitalize, toWords } from './words.js';

type Check = TestFragment['checks'][number];

/** Shows a test. */
export function TestChecks({ test }: { test: TestFragment }) {
  return (
    <Stack>
      <Alert
        color={test.passed ? 'green' : 'red'}
        variant="outline"
        role="status"
        title={test.passed ? 'The test passed' : 'The test did not pass'}
      >
        {test.awsIdentity ? `AWS knows the caller as ${test.awsIdentity}.` : 'AWS did not say who is calling.'}
      </Alert>
      <Stack component="ul" gap="xs" m={0} p={0} aria-label="Checks">
        {test.checks.map((check) => (
          <CheckCard key={`${check.subject} ${check.permission}`} check={check} />
        ))}
      </Stack>
    </Stack>
  );
}

function CheckCard({ check }: { check: Check }) {
  const { subject, permission, status, message, reason, policyStatement } = check;
  return (
    <Card component="li" withBorder p="sm">
      <Group justify="space-between" wrap="nowrap">
        <Text fw={600}>{permission ?? capitalize(toWords(subject))}</Text>
        <StateBadge state={status} />
      </Group>
      <Text size="sm">{message}</Text>
      {reason && !message.includes(reason.remedy) && (
        <Text size="sm" mt={4}>
          {reason.remedy}
        </Text>
      )}
      <MissingPermission permission={permission} policyStatement={policyStatement} />
    </Card>
  );
}
