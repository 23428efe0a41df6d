/** The wizard's choice of a credential, in a browser: what was chosen stays chosen, whichever page of the list is shown. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

/** Two more than a page shows. */
const MANY = 52;
const Made = z.object({ credential: z.object({ id: z.string() }) });

/** Adds credentials `key-00` and so on. @returns their ids. */
async function createCredentials(frontend: Frontend): Promise<string[]> {
  const secret = { kind: 'ACCESS_KEY', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'w'.repeat(40) };
  const ids: string[] = [];
  for (let number = 0; number < MANY; number += 1) {
    const value = { ...secret, name: `key-${String(number).padStart(2, '0')}` };
    const input = { type: 'CreateCredentialInput', value };
    ids.push(Made.parse(await frontend.mutate('createCredential', input, '{ credential { id } }')).credential.id);
  }
  return ids;
}

test('a credential stays chosen beyond its page of the list, and once it is gone no other takes its place', async () => {
  await using app = await startTestApp({ connection: database.connection });
  const frontend = new Frontend(app.url, app.apiKey);
  const ids = await createCredentials(frontend);
  await using opened = await openConsole();
  const { page } = opened;
  const checked = (name: string) => page.getByRole('radio', { name }).and(page.locator(':checked'));
  const goOn = page.getByRole('button', { name: 'Continue', exact: true });
  const readChosen = () => page.evaluate(`sessionStorage.getItem('tributary.draft.connect.AMAZON_KINESIS')`);

  await page.goto(`${app.url}/destinations/new/AMAZON_KINESIS`);
  await signIn(opened, app.apiKey);
  await checked('key-00').waitFor();
  await page.getByRole('button', { name: 'Next page' }).click();
  await page.getByRole('radio', { name: 'key-51' }).check();
  await goOn.click();
  await page.getByRole('button', { name: 'Authentication' }).click();
  await page.getByRole('radio', { name: 'key-00' }).waitFor();
  await checked('key-51').waitFor();
  await page.getByRole('button', { name: 'Next page' }).click();
  await page.getByRole('radio', { name: 'key-00' }).waitFor({ state: 'detached' });
  await checked('key-51').waitFor();
  const shown = await page.getByRole('radio', { name: 'key-51' }).count();
  await page.getByRole('button', { name: 'First page' }).click();
  await page.getByRole('radio', { name: 'key-00' }).waitFor();
  await goOn.click();
  await page.getByLabel('Region').waitFor();
  const chosen = await readChosen();
  await frontend.mutate('deleteCredential', { type: 'DeleteCredentialInput', value: { id: ids[51] } }, '{ deletedId }');
  await page.goto(`${app.url}/destinations/new/AMAZON_KINESIS`);
  await page.getByRole('radio', { name: 'key-00' }).waitFor();
  const othersChecked = await page.getByRole('radio').and(page.locator(':checked')).count();
  const canGoOn = await goOn.isEnabled();
  await page.getByRole('radio', { name: 'key-01' }).check();
  await goOn.click();
  await page.getByLabel('Region').waitFor();

  expect(shown).toBe(1);
  expect(chosen).toContain(ids[51]);
  expect([othersChecked, canGoOn]).toEqual([0, false]);
  expect(await readChosen()).toContain(ids[1]);
  expect(opened.faults).toEqual([]);
}, 240_000);
