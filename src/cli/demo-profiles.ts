/** Generated people for the demo: the same for the same number, so that a second run changes nothing. */

import { createHash } from 'node:crypto';

/** A line of `POST /ingest/profiles`. */
export interface DemoProfile {
  readonly profileId: string;
  /** 700 to 1,000 bytes as JSON. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly identities: readonly { readonly namespace: string; readonly value: string }[];
  /** One to five, each of another of the demo's segments, at least one of them present. */
  readonly memberships: readonly DemoMembership[];
}

/** A membership of a generated profile. */
export interface DemoMembership {
  readonly segmentId: string;
  readonly status: 'REALIZED' | 'EXISTING' | 'EXITED';
  readonly lastQualificationTime: string;
}

/** The demo's segments. */
export const DEMO_SEGMENTS: readonly { readonly segmentId: string; readonly name: string }[] = [
  { segmentId: 'demo-newsletter-readers', name: 'Newsletter readers' },
  { segmentId: 'demo-high-value', name: 'High-value customers' },
  { segmentId: 'demo-abandoned-cart', name: 'Abandoned a cart' },
  { segmentId: 'demo-frequent-flyers', name: 'Frequent flyers' },
  { segmentId: 'demo-win-back', name: 'To win back' },
];

/** Attributes that the demo maps; with memberships and identities they make records of about 1 kB. */
export const DEMO_ATTRIBUTES: readonly string[] = [
  'person.name.firstName',
  'person.name.lastName',
  'person.birthDate',
  'person.gender',
  'personalEmail.address',
  'mobilePhone.number',
  'homeAddress.street1',
  'homeAddress.postalCode',
  'homeAddress.city',
  'homeAddress.countryCode',
  'loyalty.tier',
  'loyalty.points',
  'commerce.lifetimeValue',
  'commerce.orders',
  'commerce.lastOrderAt',
  'preferences.language',
  'preferences.channel',
];

/** The profile of a number. */
export function generateProfile(index: number): DemoProfile {
  const draw = createDraw(index);
  const firstName = draw.from(FIRST_NAMES);
  const lastName = draw.from(LAST_NAMES);
  const email = `${firstName}.${lastName}.${index}@example.com`.toLowerCase();
  return {
    profileId: `demo-${String(index).padStart(8, '0')}`,
    attributes: generateAttributes({ draw, firstName, lastName, email }),
    identities: [
      { namespace: 'ecid', value: draw.digits(38) },
      { namespace: 'email_lc_sha256', value: createHash('sha256').update(email).digest('hex') },
    ],
    memberships: generateMemberships(draw),
  };
}

/**
 * Profiles as NDJSON, made as they are asked for.
 * @param from number of the first. @param to number after the last.
 * @param onTaken called with the number of the next, once those before were asked for.
 */
export async function* generateLines(
  from: number,
  to: number,
  onTaken: (next: number) => void = () => undefined,
): AsyncGenerator<Buffer, void, undefined> {
  for (let start = from; start < to; start += LINES_A_PIECE) {
    const count = Math.min(LINES_A_PIECE, to - start);
    const lines = Array.from({ length: count }, (_, offset) => `${JSON.stringify(generateProfile(start + offset))}\n`);
    yield Buffer.from(lines.join(''));
    onTaken(start + count);
  }
}

/** About 128 KiB: larger pieces are no faster, smaller ones cost a write each. */
const LINES_A_PIECE = 100;

const FIRST_NAMES = [
  'Ada',
  'Björn',
  'Chiara',
  'Dmitri',
  'Elif',
  'Fatou',
  'Grace',
  'Hiro',
  'Inés',
  'Jonas',
  'Kwame',
  'Lucía',
  'Mei',
  'Noah',
  'Olga',
  'Priya',
];
const LAST_NAMES = [
  'Almeida',
  'Bergström',
  'Conti',
  'Dubois',
  'Eriksen',
  'Fischer',
  'García',
  'Hopper',
  'Ivanova',
  'Jansen',
  'Kowalski',
  'Lovelace',
  'Mbeki',
  'Nakamura',
  'Okafor',
  'Patel',
];
const STREETS = [
  'Station Road',
  'Hauptstraße',
  'Rue des Lilas',
  'Calle Mayor',
  'Via Roma',
  'Storgatan',
  'Main Street',
  'Prinsengracht',
];
const PLACES = [
  { city: 'Basel', countryCode: 'CH', stateProvince: 'BS', timeZone: 'Europe/Zurich' },
  { city: 'Lyon', countryCode: 'FR', stateProvince: 'ARA', timeZone: 'Europe/Paris' },
  { city: 'Göteborg', countryCode: 'SE', stateProvince: 'O', timeZone: 'Europe/Stockholm' },
  { city: 'Porto', countryCode: 'PT', stateProvince: '13', timeZone: 'Europe/Lisbon' },
  { city: 'Osaka', countryCode: 'JP', stateProvince: '27', timeZone: 'Asia/Tokyo' },
  { city: 'Seattle', countryCode: 'US', stateProvince: 'WA', timeZone: 'America/Los_Angeles' },
];
const CATEGORIES = ['outdoor', 'kitchen', 'books', 'garden', 'audio', 'bicycles'];
const LANGUAGES = ['en', 'de', 'fr', 'sv', 'pt', 'ja'];
const FIRST_DAY_MS = Date.UTC(2024, 0, 1);
const DAYS = 700;

/** Chances, always in the same order for the same number. */
interface Draw {
  /** A whole number from 0 to below `bound`. */
  below(bound: number): number;
  from<Choice>(choices: readonly Choice[]): Choice;
  digits(count: number): string;
  /** `2024-05-25T21:24:39Z`. */
  time(): string;
}

/** Mulberry32: small, fast and good enough for made-up people. */
function createDraw(seed: number): Draw {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  const below = (bound: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
  return {
    below,
    from(choices) {
      const choice = choices[below(choices.length)];
      if (choice === undefined) throw new Error('There is nothing to choose from.');
      return choice;
    },
    digits: (count) => Array.from({ length: count }, (_, place) => (place === 0 ? 1 + below(9) : below(10))).join(''),
    time: () => new Date(FIRST_DAY_MS + below(DAYS * 86_400) * 1000).toISOString().replace('.000Z', 'Z'),
  };
}

interface Person {
  readonly draw: Draw;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
}

function generateAttributes({ draw, firstName, lastName, email }: Person): Record<string, unknown> {
  const { timeZone, ...place } = draw.from(PLACES);
  return {
    person: {
      name: { firstName, lastName, fullName: `${firstName} ${lastName}` },
      birthDate: `${1940 + draw.below(66)}-${twoDigits(1 + draw.below(12))}-${twoDigits(1 + draw.below(28))}`,
      gender: draw.from(['female', 'male', 'non_specific']),
    },
    personalEmail: { address: email, status: 'active' },
    mobilePhone: { number: `+${draw.digits(11)}` },
    homeAddress: { street1: `${draw.from(STREETS)} ${1 + draw.below(199)}`, postalCode: draw.digits(5), ...place },
    loyalty: { tier: draw.from(['bronze', 'silver', 'gold']), points: draw.below(50_000), memberSince: draw.time() },
    commerce: {
      lifetimeValue: draw.below(1_000_000) / 100,
      orders: draw.below(60),
      lastOrderAt: draw.time(),
      favouriteCategory: draw.from(CATEGORIES),
      recentCategories: [draw.from(CATEGORIES), draw.from(CATEGORIES)],
    },
    preferences: { language: draw.from(LANGUAGES), channel: draw.from(['email', 'push', 'sms']), timeZone },
    device: { operatingSystem: draw.from(['iOS', 'Android', 'Windows', 'macOS']), appVersion: `4.${draw.below(20)}.0` },
    consents: { marketing: draw.from(['y', 'n']), collectedAt: draw.time() },
  };
}

function generateMemberships(draw: Draw): DemoMembership[] {
  const first = draw.below(DEMO_SEGMENTS.length);
  return DEMO_SEGMENTS.flatMap(({ segmentId }, number): DemoMembership[] => {
    const lastQualificationTime = draw.time();
    if (number === first) return [{ segmentId, status: draw.from(['REALIZED', 'EXISTING']), lastQualificationTime }];
    const chance = draw.below(10);
    if (chance < 7) return [];
    return [{ segmentId, status: chance === 7 ? 'EXITED' : 'REALIZED', lastQualificationTime }];
  });
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
