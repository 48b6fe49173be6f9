// A small district for the journeys: areas, units, accounts and a response, made as an installer and
// an administrator would make them – on the command line and through the JSON interface.

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AREAS, PASSWORD, RESPONSE, SESSION, STAFF, UNITS } from './contract.mjs';

/** The day in the district as forms want it, `back` days ago. */
export function day(back = 0) {
  const then = new Date(Date.now() - back * 86_400_000);
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(then);
}

/** What is done on the command line before the program serves. */
export function found(run) {
  const folder = mkdtempSync(join(tmpdir(), 'fangxian-e2e-places-'));
  try {
    const file = join(folder, 'places.json');
    writeFileSync(file, JSON.stringify({ areas: AREAS, units: UNITS }));
    run(['areas', 'import', file]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  run(['user', 'create-admin', 'admin', '--name', '系统管理员'], `${PASSWORD}\n`);
}

/** Creates accounts and the response; gives everybody's session by log-in name. */
export async function settle(server) {
  const admin = await logIn(server, 'admin', PASSWORD);
  const { areas, units } = await admin.get('/users/new');
  const sessions = { admin };
  const half = Math.ceil(STAFF.length / 2);
  // Passwords are hashed slowly on purpose; two at once.
  const some = async (people) => {
    for (const person of people) {
      sessions[person.login] = await account(server, admin, person, { areas, units });
    }
  };
  await Promise.all([some(STAFF.slice(0, half)), some(STAFF.slice(half))]);
  await respond(sessions.duty);
  return sessions;
}

async function account(server, admin, person, { areas, units }) {
  const unit = units.find(({ name }) => name.zh === UNITS[person.unit].zh).id;
  const area = areas.find(({ code }) => code === person.area).id;
  const { login, name, role } = person;
  const made = await admin.post('/users/new', { login, name, unit, grants: [{ role, area }] });
  const session = await logIn(server, login, made.password);
  await session.post('/password', { old: made.password, new: PASSWORD, again: PASSWORD });
  return session;
}

async function respond(duty) {
  await duty.post('/responses', RESPONSE);
}

/** A session on the JSON interface. */
export async function logIn(server, username, password) {
  const begun = await ask(server, 'POST', '/login', { username, password });
  const cookie = begun.cookies.find((one) => one.startsWith(`${SESSION}=`)).split(';')[0];
  const headers = { cookie, 'x-form-token': begun.body.data.form_token };
  return {
    name: username,
    cookie: cookie.slice(SESSION.length + 1),
    get: async (path) => (await ask(server, 'GET', path, undefined, headers)).body,
    post: async (path, fields) => (await ask(server, 'POST', path, fields, headers)).body,
  };
}

async function ask(server, method, path, fields, headers = {}) {
  const given = fields && { command_id: randomUUID(), ...fields };
  const answer = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: given && JSON.stringify(given),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return { body: text ? JSON.parse(text) : null, cookies: answer.headers.getSetCookie() };
}
