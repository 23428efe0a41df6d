/** A credential that assumes a role, made in a browser. */
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.js';
import { openConsole, signIn } from '../support/browser.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('a role is made by clicks where the operator allows it: the form has the trust policy to copy', async () => {
  const environment = { OWN_IDENTITY: 'roles' };
  await using app = await startTestApp({ connection: database.connection, environment });
  await using opened = await openConsole();
  const { page } = opened;
  const roleArn = 'arn:aws:iam::123456789012:role/tributary';

  await page.goto(`${app.url}/credentials`);
  await signIn(opened, app.apiKey);
  await page.getByRole('button', { name: 'New credential' }).click();
  await page.getByRole('radio', { name: 'Role', exact: true }).check();
  const policy = await page.getByRole('group', { name: 'Trust policy' }).locator('pre').innerText();
  await page.getByLabel('Role ARN').fill(roleArn);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('role');
  const barriers = await opened.findBarriers();
  await page.getByRole('button', { name: 'Create credential' }).click();
  await page.getByRole('article', { name: 'role' }).getByText(`Role ${roleArn}, made`).waitFor();

  expect(JSON.parse(policy)).toMatchObject({
    Statement: [{ Action: 'sts:AssumeRole', Condition: { StringEquals: { 'sts:ExternalId': expect.any(String) } } }],
  });
  expect(await page.getByLabel('Access key id').count()).toBe(0);
  expect(barriers).toEqual([]);
  expect(opened.faults).toEqual([]);
}, 120_000);
