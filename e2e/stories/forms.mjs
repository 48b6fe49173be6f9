// Forms forgive: nothing typed is lost, nothing is sent twice, and whoever is signed out is told.

import assert from 'node:assert/strict';
import { LOGIN, PASSWORD } from '../harness/contract.mjs';
import { suspected } from './steps.mjs';

export function formsForgive(journey) {
  for (const scripts of [true, false]) {
    journey(`wrong input comes back with words beside the fields and everything that was typed, ${how(scripts)}`, async ({ page, axe, fits, shot }) => {
      const phone = await page({ viewport: 'phone', scripts, language: 'en' });
      await phone.goto('/report');
      await phone.getByLabel('Fever').check();
      await phone.getByLabel('Highest temperature').fill('385');
      await phone.getByLabel('Name').fill('Zhou Wei');
      await phone.getByLabel('Telephone').fill('12');
      await phone.getByLabel('Age').fill('very old');
      await phone.getByLabel('Anything else').fill('We ate together on Friday.');
      await phone.getByRole('button', { name: 'Send the report' }).click();
      await phone.getByRole('alert').getByText('Please check and send again').waitFor();
      for (const [label, typed] of [['Highest temperature', '385'], ['Telephone', '12'], ['Age', 'very old']]) {
        const field = phone.getByLabel(label);
        assert.equal(await field.inputValue(), typed);
        assert.equal(await field.getAttribute('aria-invalid'), 'true');
        const words = await described(phone, field);
        assert.match(words, /\w{3,}/, label);
      }
      assert.equal(await phone.getByLabel('Name').inputValue(), 'Zhou Wei');
      assert.equal(await phone.getByLabel('Anything else').inputValue(), 'We ate together on Friday.');
      assert.ok(await phone.getByLabel('Fever').isChecked());
      await fits(phone);
      if (scripts) await axe(phone);
      await shot(phone, 'forms wrong input en');
      await phone.getByLabel('Highest temperature').fill('38.5');
      await phone.getByLabel('Telephone').fill('13900060001');
      await phone.getByLabel('Age').fill('71');
      await phone.getByRole('button', { name: 'Send the report' }).click();
      await phone.getByRole('heading', { name: 'Your report has arrived' }).waitFor();
    });
  }

  for (const scripts of [true, false]) {
    journey(`a double click sends one report, ${how(scripts)}`, async ({ page, as }) => {
      const name = scripts ? '双击甲' : '双击乙';
      const resident = await page({ scripts });
      await resident.goto('/report');
      await resident.getByLabel('咳嗽').check();
      await resident.getByLabel('姓名').fill(name);
      await resident.getByLabel('电话').fill(scripts ? '13900060002' : '13900060003');
      await resident.getByRole('button', { name: '提交报告' }).dblclick();
      await resident.locator('.receipt-number').waitFor();
      const desk = await as('desk');
      await desk.goto('/inbox?state=all');
      assert.equal(await desk.getByRole('row').filter({ hasText: name }).count(), 1);
    });
  }

  journey('a form sent after signing out leads to log-in and does nothing', async ({ page, login, as, axe, shot }) => {
    const desk = await as('desk');
    await desk.goto('/inbox/new');
    await desk.getByRole('group', { name: '基本信息', exact: true }).getByLabel('姓名').fill('无人登记');
    await desk.context().clearCookies();
    await desk.getByRole('button', { name: '提交登记' }).click();
    await desk.waitForURL((url) => url.pathname === LOGIN.path);
    await axe(desk);
    await shot(desk, 'forms signed out');
    const again = await page();
    await login(again, { name: 'desk', password: PASSWORD });
    assert.equal(new URL(again.url()).pathname, '/desk');
    await again.goto('/inbox?state=all');
    assert.equal(await again.getByText('无人登记').count(), 0);
    await again.locator('details.who summary').click();
    await again.getByRole('button', { name: '退出登录' }).click();
    await again.getByText('✓ 已退出。').waitFor();
  });

  journey('a wrong password says so, and not what was wrong', async ({ page, axe }) => {
    const visitor = await page();
    await visitor.goto(LOGIN.path);
    await visitor.getByLabel('登录名').fill('nobody');
    await visitor.getByLabel('密码').fill('not the password');
    await visitor.getByRole('button', { name: '登录' }).click();
    await visitor.getByRole('alert').waitFor();
    assert.equal(await visitor.getByLabel('登录名').inputValue(), 'nobody');
    assert.equal(await visitor.getByLabel('密码').inputValue(), '');
    await axe(visitor);
  });

  journey('what another changed meanwhile is not overwritten', async ({ as, sessions }) => {
    await suspected(sessions, { name: '同时改', phone: '13900060009' });
    const [one, other] = [await as('desk'), await as('assessor')];
    for (const each of [one, other]) {
      await each.goto('/reviews');
      await each.getByRole('row').filter({ hasText: '同时改' }).getByRole('link').click();
      await each.getByLabel('同意', { exact: true }).check();
    }
    await one.getByRole('button', { name: '初核' }).click();
    await one.getByText('✓ 初核已提交').waitFor();
    await other.getByRole('button', { name: '初核' }).click();
    await other.getByRole('alert').waitFor();
  });
}

const how = (scripts) => (scripts ? 'with scripts' : 'without');

/** The words that a screen reader says with a field. */
async function described(page, field) {
  const ids = ((await field.getAttribute('aria-describedby')) ?? '').split(' ').filter(Boolean);
  const words = await Promise.all(ids.map((id) => page.locator(`#${escaped(id)}`).innerText()));
  return words.join(' ');
}

const escaped = (id) => id.replaceAll(/[^\w-]/g, (sign) => `\\${sign}`);
