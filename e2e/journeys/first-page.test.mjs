// The first page: it opens, changes its language, and reads well at every width, with scripts and
// without.

import assert from 'node:assert/strict';
import { LANGUAGES, VIEWPORTS, languageSwitch } from '../harness/contract.mjs';
import { installation } from '../harness/journey.mjs';

const language = (page) => page.locator('html').getAttribute('lang');

installation({ start: 'serve' }, (journey) => {
  journey('a visitor changes the language and it stays changed', async ({ page, axe }) => {
    const visitor = await page({ language: 'zh-CN' });
    await visitor.goto('/');
    assert.equal(await language(visitor), 'zh-CN');
    await visitor.locator(languageSwitch('en')).first().click();
    await visitor.locator('html[lang="en"]').waitFor();
    await visitor.goto('/');
    assert.equal(await language(visitor), 'en');
    await axe(visitor);
  });

  journey('the language changes without scripts too', async ({ page }) => {
    const visitor = await page({ language: 'en', scripts: false });
    await visitor.goto('/');
    await visitor.locator(languageSwitch('zh-CN')).first().click();
    await visitor.locator('html[lang="zh-CN"]').waitFor();
  });

  for (const viewport of Object.keys(VIEWPORTS)) {
    for (const language of LANGUAGES) {
      journey(`the first page fits a ${viewport} in ${language}`, async ({ page, axe, fits }) => {
        const visitor = await page({ viewport, language });
        await visitor.goto('/');
        await fits(visitor);
        await axe(visitor);
      });
    }
  }
});
