// Being late is a call for help: a task past its time goes up one level by itself. Told in the
// demonstration, where time passes fast and staff are sometimes late.

import assert from 'node:assert/strict';
import { installation } from '../harness/journey.mjs';

const PATIENCE = 90;

installation({ start: 'hurried' }, (journey) => {
  journey('an overdue task climbs to the next level, and everybody sees who is asked to help', async ({ page, login, axe, fits, shot }) => {
    const duty = await page();
    await login(duty, 'duty');
    const asked = duty.getByRole('row').filter({ hasText: /已请.+协助/ });
    for (let second = 0; second < PATIENCE; second += 1) {
      await duty.goto('/tasks?overdue=on');
      if ((await asked.count()) > 0) break;
      await duty.waitForTimeout(1000);
    }
    assert.ok((await asked.count()) > 0, 'nothing climbed');
    await axe(duty);
    await shot(duty, 'overdue list');
    const task = await asked.first().getByRole('link').first().getAttribute('href');
    await duty.goto(task);
    const steps = duty.locator('section').filter({ has: duty.getByRole('heading', { name: '经过' }) });
    const climbed = steps.getByRole('listitem').filter({ hasText: '提请上一级协助' }).first();
    await climbed.waitFor();
    assert.match(await climbed.innerText(), /→/, 'the step does not say from where to where');
    assert.match(await climbed.innerText(), /系统/, 'it climbs by itself');
    await axe(duty);
    await fits(duty);
    await shot(duty, 'overdue task');
  });
});
