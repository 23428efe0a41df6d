/** Roles of the sandbox through the real SDK: who may assume one, and what its temporary keys are worth. */

import { ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.js';
import { createClient } from './sandbox-client.js';

const ROLE = 'arn:aws:iam::123456789012:role/team/writer';
const OTHER_ROLE = 'arn:aws:iam::123456789012:role/other';

test('a role is assumed with its external id, and refused without it, with another one, and if it is not there', async () => {
  await using run = await start({ roles: [{ arn: ROLE, externalId: 'ours' }] });

  expect(await run.assume(ROLE, 'ours')).toMatchObject({ AccessKeyId: expect.stringMatching(/^ASIA\d{16}$/) });
  for (const [role, externalId] of [
    [ROLE, undefined],
    [ROLE, 'theirs'],
    [OTHER_ROLE, 'ours'],
  ] as const)
    await expect(run.assume(role, externalId)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining(`not authorized to perform: sts:AssumeRole on resource: ${role}`),
      $metadata: { httpStatusCode: 403 },
    });
  expect(run.sandbox.stats.requests['AssumeRole']).toBe(4);
});

test('a role whose trust policy asks for no external id is assumed with any and with none', async () => {
  await using run = await start({ roles: [{ arn: ROLE, externalId: null }] });

  await expect(run.assume(ROLE, undefined)).resolves.toBeDefined();
  await expect(run.assume(ROLE, 'any')).resolves.toBeDefined();
});

test('where no roles are given a role requires the external id that it was first assumed with', async () => {
  await using run = await start();

  await expect(run.assume(ROLE, undefined)).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(run.assume(ROLE, 'first')).resolves.toBeDefined();
  await expect(run.assume(ROLE, 'second')).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(run.assume(OTHER_ROLE, 'second')).resolves.toBeDefined();
});

test('a session is the role, needs its token, and ends when its time is over', async () => {
  let now = Date.now();
  await using run = await start({ now: () => now, accessKeyIds: ['AKIATEST'] });
  const session = await run.assume(ROLE, 'ours', 900);
  expect(session.Expiration.getTime()).toBe(now + 900_000);
  using sts = run.sts(session);
  expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
    Arn: 'arn:aws:sts::123456789012:assumed-role/writer/test',
  });

  await expect(run.listStreams(session)).resolves.toBeDefined();
  await expect(run.listStreams({ ...session, SessionToken: 'other' })).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
  });
  now += 900_000;
  await expect(run.listStreams(session)).rejects.toMatchObject({ name: 'ExpiredTokenException' });
});

test('sessions can be ended before their time; later ones are good', async () => {
  await using run = await start();
  const ended = await run.assume(ROLE, 'ours');

  run.sandbox.endSessions();

  await expect(run.listStreams(ended)).rejects.toMatchObject({ name: 'ExpiredTokenException' });
  await expect(run.listStreams(await run.assume(ROLE, 'ours'))).resolves.toBeDefined();
});

test('another operation of STS, and a life that AWS does not give, are refused', async () => {
  await using run = await start();

  await expect(run.assume(ROLE, 'ours', 899)).rejects.toMatchObject({ name: 'ValidationException' });
  const authorization = 'AWS4-HMAC-SHA256 Credential=AKIARAW/20260101/eu-west-1/sts/aws4_request, Signature=00';
  const body = 'Action=GetSessionToken';
  const answer = await fetch(run.sandbox.endpoint, { method: 'POST', headers: { authorization }, body });
  expect(await answer.text()).toContain('<Code>InvalidAction</Code>');
});

interface Session {
  AccessKeyId: string;
  SecretAccessKey: string;
  SessionToken: string;
  Expiration: Date;
}

async function start(options: SandboxOptions = {}) {
  const sandbox: Sandbox = await startSandbox(options);
  const { endpoint } = sandbox;
  const keysOf = ({ AccessKeyId, SecretAccessKey, SessionToken }: Session) => ({
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  });
  const sts = (session?: Session) => {
    const credentials = session ? keysOf(session) : { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
    const client = new STSClient({ endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 });
    return Object.assign(client, { [Symbol.dispose]: () => client.destroy() });
  };
  return {
    sandbox,
    sts,
    async assume(RoleArn: string, ExternalId: string | undefined, DurationSeconds?: number): Promise<Session> {
      using client = sts();
      const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test', ExternalId, DurationSeconds });
      const { Credentials } = await client.send(command);
      return Credentials as Session;
    },
    async listStreams(session: Session) {
      const client = createClient(endpoint, keysOf(session));
      return await client.send(new ListStreamsCommand({})).finally(() => client.destroy());
    },
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}
