/** The configuration: the only reader of the environment. One table holds every variable; faults are reported at once. */
import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { AddressListError, parseAddressList } from './address-list.js';
import { KeyListError, parseKeyList, readKeyFile } from './key-list.js';

/** What the operator set, checked and with defaults filled in. Never log it whole: it holds secrets. */
export type Config = ReturnType<typeof toConfig>;

/** The environment has faults: one line each, `NAME: what is wrong. Allowed: what is.`; values of secrets never show. */
export class ConfigError extends Error {
  override name = 'ConfigError';

  constructor(readonly faults: readonly string[]) {
    super(`The configuration has ${faults.length} fault(s):\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

/**
 * Reads the environment of this process.
 * @throws {ConfigError} as {@link readConfig}.
 */
export function loadConfig(): Config {
  return readConfig(process.env);
}

/**
 * Checks all variables. An empty value counts as unset; variables of other programs are ignored.
 * @throws {ConfigError} with every fault there is.
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
  const parsed = variables.safeParse(given);
  const faults = [...(parsed.error?.issues ?? []).map((issue) => describeFault(issue, given)), ...findConflicts(given)];
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  return toConfig(parsed.data);
}

/** The text of `.env.example`: every variable with its meaning, bounds and default, commented out. */
export function renderEnvExample(): string {
  const sections = Object.entries(variables.shape).map(([name, schema]) => {
    const { meaning, allowed, fallback } = noteOf(schema);
    const about = `# ${meaning}\n# ${capitalise(allowed)}. Default: ${fallback}.`;
    return `${about}\n#${name}=${/^\S+$/.test(fallback) ? fallback : ''}\n`;
  });
  return `# Made from src/config.ts. Copy to .env and uncomment what differs.\n\n${sections.join('\n')}`;
}

interface Note {
  readonly meaning: string;
  /** What may stand there, with unit and bounds. */
  readonly allowed: string;
  /** The default as it would be written, or in words. */
  readonly fallback: string;
  readonly isSecret?: boolean;
}

const notes = z.registry<Note>();
const MIB = 1_048_576;

const variables = z.object({
  ROLE: oneOf(['all', 'api', 'worker'], 'all', 'What this process does: serve the API, deliver, or both.'),
  HOST: text(/^[\w.:-]+$/, '127.0.0.1', {
    meaning: 'Address to listen on; 0.0.0.0 for every network.',
    allowed: 'an IP address or host name',
  }),
  PORT: wholeNumber([0, 65_535], 4_000, 'Port of the API, the console, health and metrics; 0 takes any free one.'),
  DATABASE_URL: optional(checkDatabaseUrl, {
    meaning: 'PostgreSQL 15 or later.',
    allowed: 'a URL like postgresql://user:password@host:5432/database',
    fallback: 'an embedded PostgreSQL in DATA_FOLDER',
    isSecret: true,
  }),
  DATA_FOLDER: text(/^[^\0]+$/, '.data', {
    meaning: 'Where the embedded database and the generated encryption key live.',
    allowed: 'a folder, made if missing',
  }),
  KINESIS: oneOf(['sandbox', 'aws'], 'sandbox', 'Where records go: to a local sandbox on loopback, or to Amazon.'),
  KINESIS_ENDPOINT: optional(checkEndpoint, {
    meaning: 'Sends all Kinesis and STS calls to this address (a VPC endpoint, a local emulator); for KINESIS=aws.',
    allowed: 'an https URL, or an http URL on loopback',
    fallback: "the region's own endpoint",
  }),
  OWN_IDENTITY: oneOf(
    ['off', 'roles', 'direct'],
    'off',
    "What credentials may use this server's own AWS identity for: nothing, to assume roles of customers, or also directly, with all it may do.",
  ),
  SANDBOX_PORT: wholeNumber([0, 65_535], 0, 'Port of the sandbox on loopback; 0 takes any free one.'),
  ENCRYPTION_KEY: optional(checkEncryptionKey, {
    meaning: 'Encrypts the stored credentials. Keep a copy: without it they are lost.',
    allowed:
      '32 bytes in base64 (`openssl rand -base64 32`); with DATABASE_URL this, ENCRYPTION_KEYS or a file of keys',
    fallback: 'generated in DATA_FOLDER with the embedded database',
    isSecret: true,
  }),
  ENCRYPTION_KEYS: optional(listCheck(parseKeyList, KeyListError), {
    meaning: 'Several encryption keys, in place of ENCRYPTION_KEY: the first seals, all open.',
    allowed:
      '`id:key`, or `id:<ARN of a key of AWS KMS>:<key encrypted by it>`, separated by commas or spaces; ' +
      'ENCRYPTION_KEY alone has the id `default`',
    fallback: 'no value',
    isSecret: true,
  }),
  ENCRYPTION_KEYS_FILE: optional(listCheck(readKeyFile, KeyListError), {
    meaning: 'A file with what ENCRYPTION_KEYS would hold, in its place; one key a line reads best.',
    allowed: 'a path to such a list, closed to others (mode 0600 or 0640)',
    fallback: 'no value',
  }),
  JWT_ISSUER: optional(keepText, {
    meaning: 'Takes signed tokens (JWT) of this issuer beside API keys; with JWT_AUDIENCE and one of the two keys.',
    allowed: 'the exact `iss` of its tokens',
    fallback: 'no tokens are taken',
  }),
  JWT_AUDIENCE: optional(keepText, {
    meaning: 'What tokens must be for.',
    allowed: 'the exact `aud` of tokens for this server',
    fallback: 'no value',
  }),
  JWT_JWKS_URL: optional(checkEndpoint, {
    meaning: 'Where the issuer publishes its public keys; they are fetched when a token names a new one.',
    allowed: 'an https URL, or an http URL on loopback',
    fallback: 'no value',
  }),
  JWT_PUBLIC_KEY: optional(checkPublicKey, {
    meaning: "The issuer's public key, in place of JWT_JWKS_URL; line ends may be written as \\n.",
    allowed: 'a public key in PEM (SPKI)',
    fallback: 'no value',
    // A private key pasted here by mistake must not show.
    isSecret: true,
  }),
  JWT_WORKSPACE_CLAIM: text(/^\S{1,256}$/, 'workspace', {
    meaning: "The claim that holds the workspace's global id.",
    allowed: 'a name of a claim',
  }),
  JWT_ROLE_CLAIM: text(/^\S{1,256}$/, 'role', {
    meaning: 'The claim that holds VIEWER, OPERATOR or ADMIN.',
    allowed: 'a name of a claim',
  }),
  LOG_LEVEL: oneOf(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    'info',
    'The least level that is logged.',
  ),
  NODE_ENV: oneOf(
    ['development', 'production', 'test'],
    'development',
    'Production: SCHEMA_DISCOVERY is off by default.',
  ),
  SCHEMA_DISCOVERY: oneOf(
    ['auto', 'on', 'off'],
    'auto',
    'Whether introspection answers and errors suggest names of the schema; auto: not with NODE_ENV=production.',
  ),
  OPERATIONS_PER_KEY: wholeNumber(
    [1, 1_000_000],
    1_000,
    'Most requests a second (GraphQL operations, uploads, downloads) of one API key, in this process; twice as many at once.',
  ),
  OPERATIONS_PER_ADDRESS: wholeNumber(
    [1, 1_000_000],
    2_000,
    'The same of one client address, with or without a valid key.',
  ),
  TRUSTED_PROXIES: optional(listCheck(parseAddressList, AddressListError), {
    meaning: 'Proxies and load balancers in front, whose X-Forwarded-For tells the address of a client.',
    allowed: 'addresses and ranges such as 10.0.0.0/8, separated by commas',
    fallback: 'none: the header is not looked at',
  }),
  WEBSOCKET_ORIGINS: optional(checkOrigins, {
    meaning:
      "Web pages of other origins that may open WebSockets; this server's own may, and clients that are no browser.",
    allowed: 'origins such as https://app.example, separated by commas',
    fallback: 'none',
  }),
  SOCKETS_PER_KEY: wholeNumber([1, 100_000], 1_000, 'Most WebSockets of one API key, in this process.'),
  SOCKETS_PER_NODE: wholeNumber([1, 100_000], 5_000, 'Most WebSockets of this process.'),
  SUBSCRIPTIONS_PER_SOCKET: wholeNumber([1, 10_000], 100, 'Most subscriptions of one WebSocket.'),
  MESSAGES_PER_SOCKET: wholeNumber(
    [10, 100_000],
    1_000,
    'Most messages and control frames a second of one WebSocket; twice as many at once.',
  ),
  SHUTDOWN_TIMEOUT_MS: wholeNumber([1_000, 600_000], 25_000, 'Longest time from SIGTERM to the exit, in ms.'),
  DELIVERY_LANES: wholeNumber([1, 64], 8, 'Steps of lanes (a page, a call) that a worker has under way at once.'),
  LEASE_MS: wholeNumber(
    [1_000, 60_000],
    3_000,
    'How long a silent worker keeps its lanes, in ms; takeover takes longer.',
  ),
  DELIVERY_RETENTION_DAYS: wholeNumber(
    [1, 3_650],
    30,
    'How long deliveries, their events, and failed records that were decided on are kept, in days.',
  ),
  AUDIT_RETENTION_DAYS: wholeNumber([1, 36_500], 400, 'How long entries of the audit log are kept, in days.'),
  LISTED_OPERATIONS: optional(readPaths, {
    meaning: 'Answers only the operations of manifests: that of the build, of schema/operations, or others.',
    allowed: '`on` for that of the build, or paths of manifests, separated by commas, `on` among them or not',
    fallback: 'any operation is answered',
  }),
  MAX_BODY_BYTES: wholeNumber([1_024, 64 * MIB], MIB, 'Largest GraphQL request, in bytes.'),
});

function toConfig(set: z.infer<typeof variables>) {
  return {
    role: set.ROLE,
    host: set.HOST,
    port: set.PORT,
    /** Undefined: the embedded database. */
    databaseUrl: set.DATABASE_URL,
    dataFolder: set.DATA_FOLDER,
    kinesis: set.KINESIS,
    kinesisEndpoint: set.KINESIS_ENDPOINT,
    ownIdentity: set.OWN_IDENTITY,
    sandboxPort: set.SANDBOX_PORT,
    /** 32 bytes; undefined with a list of keys, or with the embedded database, beside which a key is generated. */
    encryptionKey: set.ENCRYPTION_KEY,
    encryptionKeys: set.ENCRYPTION_KEYS ?? set.ENCRYPTION_KEYS_FILE,
    /** Null: signed tokens are not taken. */
    tokens: toTokenTrust(set),
    logLevel: set.LOG_LEVEL,
    shutdownTimeoutMs: set.SHUTDOWN_TIMEOUT_MS,
    deliveryLanes: set.DELIVERY_LANES,
    leaseMs: set.LEASE_MS,
    deliveryRetentionDays: set.DELIVERY_RETENTION_DAYS,
    auditRetentionDays: set.AUDIT_RETENTION_DAYS,
    /** Paths of manifests, `on` for that of the build; undefined: any operation is answered. */
    listedOperations: set.LISTED_OPERATIONS,
    maxBodyBytes: set.MAX_BODY_BYTES,
    /** Null trusts none. */
    trustedProxies: set.TRUSTED_PROXIES ?? null,
    webSocketOrigins: set.WEBSOCKET_ORIGINS ?? new Set<string>(),
    limits: {
      allowsDiscovery:
        set.SCHEMA_DISCOVERY === 'on' || (set.SCHEMA_DISCOVERY === 'auto' && set.NODE_ENV !== 'production'),
      operationsPerKey: set.OPERATIONS_PER_KEY,
      operationsPerAddress: set.OPERATIONS_PER_ADDRESS,
      socketsPerKey: set.SOCKETS_PER_KEY,
      socketsPerNode: set.SOCKETS_PER_NODE,
      subscriptionsPerSocket: set.SUBSCRIPTIONS_PER_SOCKET,
      messagesPerSocket: set.MESSAGES_PER_SOCKET,
    },
  };
}

function toTokenTrust(set: z.infer<typeof variables>) {
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_JWKS_URL: jwksUrl, JWT_PUBLIC_KEY: publicKeyPem } = set;
  const keys = jwksUrl === undefined ? publicKeyPem && { publicKeyPem } : { jwksUrl };
  if (issuer === undefined || audience === undefined || !keys) return null;
  return { issuer, audience, keys, workspaceClaim: set.JWT_WORKSPACE_CLAIM, roleClaim: set.JWT_ROLE_CLAIM };
}

/** Faults of two variables together. */
function findConflicts(given: Record<string, string | undefined>): string[] {
  const conflicts: string[] = [];
  const keys = ['ENCRYPTION_KEY', 'ENCRYPTION_KEYS', 'ENCRYPTION_KEYS_FILE'].filter((name) => given[name]);
  if (given['DATABASE_URL'] && keys.length === 0) {
    conflicts.push(`ENCRYPTION_KEY: is missing. Allowed: ${noteOf(variables.shape.ENCRYPTION_KEY).allowed}.`);
  }
  if (keys.length > 1) conflicts.push(`${keys[0]}: is given beside ${keys[1]}. Allowed: one of them.`);
  if (given['KINESIS_ENDPOINT'] && given['KINESIS'] !== 'aws') {
    conflicts.push('KINESIS_ENDPOINT: has no effect on the sandbox. Allowed: only with KINESIS=aws.');
  }
  return [...conflicts, ...findTokenConflicts(given)];
}

function findTokenConflicts(given: Record<string, string | undefined>): string[] {
  const names = ['JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_JWKS_URL', 'JWT_PUBLIC_KEY'];
  if (!names.some((name) => given[name])) return [];
  const missing = ['JWT_ISSUER', 'JWT_AUDIENCE'].filter((name) => !given[name]);
  const conflicts = missing.map((name) => `${name}: is missing. Allowed: a text, beside the other JWT variables.`);
  if (Boolean(given['JWT_JWKS_URL']) === Boolean(given['JWT_PUBLIC_KEY']))
    conflicts.push('JWT_JWKS_URL: and JWT_PUBLIC_KEY, exactly one of them is needed. Allowed: one of the two.');
  return conflicts;
}

function describeFault(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const name = String(issue.path[0]);
  const shape: Record<string, z.ZodType> = variables.shape;
  const note = noteOf(shape[name]);
  const value = note.isSecret ? '' : `${JSON.stringify(given[name]?.slice(0, 60))} `;
  return `${name}: ${value}${issue.message}. Allowed: ${note.allowed}.`;
}

function oneOf<const T extends string>(choices: readonly [T, ...T[]], fallback: NoInfer<T>, meaning: string) {
  return z
    .enum(choices, 'is not allowed')
    .default(() => fallback)
    .register(notes, { meaning, allowed: `one of ${choices.join(', ')}`, fallback });
}

function wholeNumber([min, max]: readonly [number, number], fallback: number, meaning: string) {
  const allowed = `a whole number from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, { error: 'is not a whole number', abort: true })
    .transform(Number)
    .refine((given) => given >= min && given <= max, 'is out of bounds')
    .default(fallback)
    .register(notes, { meaning, allowed, fallback: String(fallback) });
}

function text(pattern: RegExp, fallback: string, note: Omit<Note, 'fallback'>) {
  return z
    .string()
    .regex(pattern, 'is not allowed')
    .default(fallback)
    .register(notes, { ...note, fallback });
}

/** @param check gives the value, or adds an issue and gives `z.NEVER`. */
function optional<T>(check: (given: string, context: z.RefinementCtx<string>) => T, note: Note) {
  return z.string().transform(check).optional().register(notes, note);
}

function checkDatabaseUrl(given: string, context: z.RefinementCtx<string>): string {
  if (/^postgres(ql)?:\/\//.test(given) && URL.canParse(given)) return given;
  return refuse(context, 'is not a PostgreSQL URL');
}

function checkEndpoint(given: string, context: z.RefinementCtx<string>): string {
  if (!URL.canParse(given)) return refuse(context, 'is not a URL');
  const { protocol, hostname } = new URL(given);
  if (protocol === 'https:') return given;
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return protocol === 'http:' && isLoopback ? given : refuse(context, 'is not safe');
}

function checkOrigins(given: string, context: z.RefinementCtx<string>): ReadonlySet<string> {
  const origins = given.split(',').map((origin) => origin.trim());
  const wrong = origins.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
  return wrong === undefined ? new Set(origins) : refuse(context, 'is not an origin, or not only origins');
}

function readPaths(given: string): string[] {
  return given.split(',').map((path) => path.trim());
}

function keepText(given: string): string {
  return given;
}

function checkPublicKey(given: string, context: z.RefinementCtx<string>): string {
  const pem = given.replaceAll('\\n', '\n');
  try {
    createPublicKey(pem);
  } catch {
    return refuse(context, 'is not a public key');
  }
  // Node takes a private key for its public half: one that is configured here by mistake must not be kept.
  return pem.includes('PRIVATE KEY') ? refuse(context, 'is a private key') : pem;
}

function checkEncryptionKey(given: string, context: z.RefinementCtx<string>): Buffer {
  // Buffer skips what is not base64, which would turn a mistyped key into another one.
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(given)) return refuse(context, 'is not base64');
  const key = Buffer.from(given, 'base64');
  return key.length === 32 ? key : refuse(context, `has ${key.length} bytes`);
}

/** Makes a check of what reads a list. @param Fault what it throws if the text is none. */
function listCheck<List>(read: (given: string) => List, Fault: new () => Error) {
  return (given: string, context: z.RefinementCtx<string>): List => {
    try {
      return read(given);
    } catch (error) {
      if (error instanceof Fault) return refuse(context, error.message);
      throw error;
    }
  };
}

function refuse(context: z.RefinementCtx<string>, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

function noteOf(schema: z.ZodType | undefined): Note {
  const note = schema && notes.get(schema);
  if (!note) throw new Error('A variable of the configuration has no note.');
  return note;
}

function capitalise(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
