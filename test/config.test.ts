import { generateKeyPairSync } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, readConfig, renderEnvExample } from '../src/config.js';

const root = join(import.meta.dirname, '..');
const key = Buffer.alloc(32, 7).toString('base64');

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

test('without any variable one process does everything, on loopback, with the sandbox', () => {
  expect(readConfig({})).toEqual({
    role: 'all',
    host: '127.0.0.1',
    port: 4000,
    databaseUrl: undefined,
    dataFolder: '.data',
    kinesis: 'sandbox',
    kinesisEndpoint: undefined,
    ownIdentity: 'off',
    sandboxPort: 0,
    encryptionKey: undefined,
    encryptionKeys: undefined,
    logLevel: 'info',
    shutdownTimeoutMs: 25_000,
    deliveryLanes: 8,
    leaseMs: 3_000,
    deliveryRetentionDays: 30,
    auditRetentionDays: 400,
    limits: {
      allowsDiscovery: true,
      operationsPerKey: 1_000,
      operationsPerAddress: 2_000,
      socketsPerKey: 1_000,
      socketsPerNode: 5_000,
      subscriptionsPerSocket: 100,
      messagesPerSocket: 1_000,
    },
    maxBodyBytes: 1_048_576,
    trustedProxies: null,
    webSocketOrigins: new Set(),
    tokens: null,
    listedOperations: undefined,
  });
});

test('values are read in their units', () => {
  const config = readConfig({
    ROLE: 'worker',
    PORT: '0',
    KINESIS: 'aws',
    KINESIS_ENDPOINT: 'http://127.0.0.1:4567',
    DATABASE_URL: 'postgresql://me:pass@db.internal/tributary',
    ENCRYPTION_KEY: key,
  });

  expect(config).toMatchObject({ role: 'worker', port: 0, kinesis: 'aws', kinesisEndpoint: 'http://127.0.0.1:4567' });
  expect(config.encryptionKey).toEqual(Buffer.alloc(32, 7));
});

test('an empty value counts as unset', () => {
  expect(readConfig({ PORT: '', ROLE: ' ' })).toMatchObject({ port: 4000, role: 'all' });
});

test('all faults come at once, each with its name, the value and what is allowed', () => {
  expect(faultsOf({ ROLE: 'both', PORT: '65536', LEASE_MS: '3s', HOST: 'a b', KINESIS: 'gcp' })).toEqual([
    'ROLE: "both" is not allowed. Allowed: one of all, api, worker.',
    'HOST: "a b" is not allowed. Allowed: an IP address or host name.',
    'PORT: "65536" is out of bounds. Allowed: a whole number from 0 to 65,535.',
    'KINESIS: "gcp" is not allowed. Allowed: one of sandbox, aws.',
    'LEASE_MS: "3s" is not a whole number. Allowed: a whole number from 1,000 to 60,000.',
  ]);
});

test.each(['-1', '1e3', '0x10', '1.5', '99999999999999999999'])('the number %s is refused', (value) => {
  expect(faultsOf({ SANDBOX_PORT: value })).toHaveLength(1);
});

test.each([
  ['DATABASE_URL', 'mysql://me:canary@db/x', 'is not a PostgreSQL URL'],
  ['ENCRYPTION_KEY', 'canary-canary', 'is not base64'],
  ['ENCRYPTION_KEY', Buffer.from('canary').toString('base64'), 'has 6 bytes'],
])('a wrong %s is named without its value', (name, value, message) => {
  const faults = faultsOf({ ENCRYPTION_KEY: key, [name]: value });

  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(`${name}: ${message}. Allowed: `);
  expect(faults[0]).not.toContain(value);
  expect(faults[0]).not.toContain('canary');
});

test.each(['http://kinesis.example', 'http://127.0.0.1.evil.example', 'ftp://localhost', 'kinesis'])(
  'the endpoint %s is refused',
  (endpoint) => {
    expect(faultsOf({ KINESIS: 'aws', KINESIS_ENDPOINT: endpoint })[0]).toContain('Allowed: an https URL, or an http');
  },
);

test('origins are listed whole, without a path', () => {
  const { webSocketOrigins } = readConfig({ WEBSOCKET_ORIGINS: 'https://app.example, http://localhost:5173' });
  expect([...webSocketOrigins]).toEqual(['https://app.example', 'http://localhost:5173']);
});

test.each(['app.example', 'https://app.example/', 'https://a.example,', '*'])('the origin %s is refused', (origin) => {
  expect(faultsOf({ WEBSOCKET_ORIGINS: origin })[0]).toContain('Allowed: origins such as https://app.example');
});

test('proxies are trusted by address and by range', () => {
  const { trustedProxies } = readConfig({ TRUSTED_PROXIES: '192.0.2.1, 10.0.0.0/8,2001:db8::/32' });
  const isTrusted = (address: string, family: 'ipv4' | 'ipv6' = 'ipv4') => trustedProxies?.check(address, family);

  expect(['192.0.2.1', '192.0.2.2', '10.1.2.3', '11.0.0.1'].map((address) => isTrusted(address))).toEqual([
    ...[true, false, true, false],
  ]);
  expect([isTrusted('2001:db8::7', 'ipv6'), isTrusted('2001:db9::7', 'ipv6')]).toEqual([true, false]);
});

test.each(['proxy.example', '10.0.0.0/33', '10.0.0', '10.0.0.1,', '10.0.0.0/8/8', '2001:db8::/129', '*', '10.0.0.0/'])(
  'the proxy %s is refused',
  (proxies) => {
    expect(faultsOf({ TRUSTED_PROXIES: proxies })[0]).toContain('Allowed: addresses and ranges such as 10.0.0.0/8');
  },
);

test('an endpoint that the sandbox would ignore is refused', () => {
  expect(faultsOf({ KINESIS_ENDPOINT: 'https://kinesis.example' })).toEqual([
    'KINESIS_ENDPOINT: has no effect on the sandbox. Allowed: only with KINESIS=aws.',
  ]);
});

test('a database of your own needs an encryption key of your own', () => {
  expect(faultsOf({ DATABASE_URL: 'postgresql://db/x' })[0]).toContain('ENCRYPTION_KEY: is missing');
});

test('tokens need an issuer, an audience and one key, which is a public one', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const JWT = { JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'tributary' };

  expect(readConfig({ ...JWT, JWT_PUBLIC_KEY: publicKey.replaceAll('\n', '\\n') }).tokens).toEqual({
    issuer: 'https://id.example',
    audience: 'tributary',
    keys: { publicKeyPem: publicKey },
    workspaceClaim: 'workspace',
    roleClaim: 'role',
  });
  expect(readConfig({ ...JWT, JWT_JWKS_URL: 'https://id.example/jwks' }).tokens).toMatchObject({
    keys: { jwksUrl: 'https://id.example/jwks' },
  });
  expect(readConfig({}).tokens).toBe(null);
  expect(faultsOf({ JWT_ISSUER: 'x' })).toEqual([
    expect.stringContaining('JWT_AUDIENCE: is missing'),
    expect.stringContaining('JWT_JWKS_URL: and JWT_PUBLIC_KEY'),
  ]);
  const leaked = faultsOf({ ...JWT, JWT_PUBLIC_KEY: privateKey });
  expect(leaked).toEqual([expect.stringContaining('is a private key')]);
  expect(leaked.join()).not.toContain(privateKey.split('\n')[1]);
  expect(faultsOf({ ...JWT, JWT_JWKS_URL: 'http://id.example/jwks' })[0]).toContain('is not safe');
});

test('the committed .env.example is the rendered one', async () => {
  await expect(renderEnvExample()).toMatchFileSnapshot('../.env.example');
});

test('no other source file reads the environment', async () => {
  const paths = (await readdir(join(root, 'src'), { recursive: true })).filter((path) => /\.tsx?$/.test(path));
  const texts = await Promise.all(paths.map((path) => readFile(join(root, 'src', path), 'utf8')));

  const readers = paths.filter((_, index) => texts[index]?.includes('process.env'));

  expect(readers).toEqual(['config.ts']);
});
