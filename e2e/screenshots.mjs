// Every page of SCREENS at every width in both languages, into shots/: to be looked at by a person.

import { axe, fits, launch, login, openPage, shot } from './harness/browser.mjs';
import { LANGUAGES, SCREENS, VIEWPORTS } from './harness/contract.mjs';
import { startServer } from './harness/server.mjs';

const browser = await launch();
const server = await startServer({ start: 'demo' });
let wrong = 0;
try {
  for (const screen of SCREENS) {
    for (const viewport of Object.keys(VIEWPORTS)) {
      for (const language of LANGUAGES) {
        const page = await openPage(browser, server, { viewport, language });
        if (screen.as) await login(page, screen.as);
        await page.goto(screen.path);
        console.log(await shot(page, `${screen.name} ${viewport} ${language}`));
        for (const check of [fits, axe]) {
          await check(page).catch((error) => {
            wrong += 1;
            console.log(error.message);
          });
        }
        await page.context().close();
      }
    }
  }
} finally {
  await browser.close();
  await server.stop();
}
process.exitCode = wrong ? 1 : 0;
