/** Asks for an API key, and tries it before it is kept. */

import { Alert, Button, Container, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDocumentTitle } from '@mantine/hooks';
import { useState } from 'react';
import { connectApi } from './api-client.js';
import { ViewerDocument } from './generated/graphql.js';
import { useSession } from './session.js';
import { useViewStart } from './ui/view-start.js';

const UNREACHABLE = 'The server does not answer. Check that it runs, then try again.';
const REFUSED = 'This key is unknown, expired or revoked. Ask an admin for another.';

/** The sign-in form. @param linkFault why the link that was followed did not sign in. */
export function SignInView({ linkFault }: { linkFault: string | null }) {
  useDocumentTitle('Sign in · Tributary');
  const heading = useViewStart();
  const { form, isTrying, submit } = useSignIn();
  return (
    <Container component="main" size={420} py="xl">
      <Title order={1} mb="xs" ref={heading} tabIndex={-1}>
        Tributary
      </Title>
      <Text c="dimmed" mb="lg">
        Deliver profiles to Amazon Kinesis, with every record accounted for.
      </Text>
      <Paper component="form" withBorder p="lg" onSubmit={form.onSubmit(submit)} noValidate>
        <Stack>
          {linkFault !== null && <Alert color="red">{linkFault}</Alert>}
          <PasswordInput
            label="API key"
            description="Kept in this tab until you close it. The first start of a server prints its ADMIN key."
            autoComplete="off"
            required
            data-autofocus
            {...form.getInputProps('apiKey')}
          />
          <Button type="submit" loading={isTrying}>
            Sign in
          </Button>
        </Stack>
      </Paper>
    </Container>
  );
}

function useSignIn() {
  const { signIn } = useSession();
  const [isTrying, setTrying] = useState(false);
  const form = useForm({
    initialValues: { apiKey: '' },
    validate: { apiKey: (apiKey) => (apiKey.trim() ? null : 'Paste an API key.') },
  });
  const submit = async (values: { apiKey: string }) => {
    const apiKey = values.apiKey.trim();
    setTrying(true);
    const fault = await findFault(apiKey);
    setTrying(false);
    if (fault === null) signIn(apiKey);
    else form.setFieldError('apiKey', fault);
  };
  return { form, isTrying, submit };
}

/** Tries a key. @returns null if the API takes it. */
async function findFault(apiKey: string): Promise<string | null> {
  let isRefused = false;
  const connection = connectApi({
    apiKey,
    onRefused: () => {
      isRefused = true;
    },
  });
  const { error } = await connection.client.query(ViewerDocument, {}, { requestPolicy: 'network-only' }).toPromise();
  connection.close();
  if (!error) return null;
  return isRefused ? REFUSED : UNREACHABLE;
}
