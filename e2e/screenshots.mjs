// Every page of SCREENS, or those named as arguments, at every width in both languages, into shots/: to be
// looked at by a person.

import { axe, fits, launch, login, openPage, shot, visit } from './harness/browser.mjs';
import { LANGUAGES, SCREENS, VIEWPORTS } from './harness/contract.mjs';
import { startServer } from './harness/server.mjs';

const named = process.argv.slice(2);
const screens = SCREENS.filter(({ name, district }) => !district && (named.length === 0 || named.includes(name)));
const browser = await launch();
const server = await startServer({ start: 'demo' });
/** Cookies by person: one log-in each. */
const sessions = {};
let wrong = 0;

async function session(person) {
  if (!sessions[person]) {
    const page = await openPage(browser, server);
    await login(page, person);
    sessions[person] = await page.context().cookies();
    await page.context().close();
  }
  return sessions[person];
}

async function look(screen, viewport, language) {
  const page = await openPage(browser, server, { viewport, language });
  try {
    if (screen.as) await page.context().addCookies(await session(screen.as));
    if (!(await visit(page, screen))) throw new Error(`nothing leads to ${screen.name}`);
    console.log(await shot(page, `${screen.name} ${viewport} ${language}`));
    for (const check of [fits, axe]) await check(page).catch(complain);
    for (const fault of page.faults()) complain(new Error(fault));
  } catch (error) {
    complain(error);
  } finally {
    await page.context().close();
  }
}

function complain(error) {
  wrong += 1;
  console.log(error.message);
}

try {
  for (const screen of screens) {
    for (const viewport of Object.keys(VIEWPORTS)) {
      for (const language of LANGUAGES) await look(screen, viewport, language);
    }
  }
} finally {
  await browser.close();
  await server.stop();
}
console.log(`${wrong} complaints`);
process.exitCode = wrong ? 1 : 0;
