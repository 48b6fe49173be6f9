// One database per installation: SQLite lives in the data folder, PostgreSQL gets a database of its
// own that is dropped at the end. Speaks to PostgreSQL through psql.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { GIVEN } from './contract.mjs';

/** The databases to run every journey on; SQLite when nothing is said. */
export function databases() {
  const names = (process.env[GIVEN.databases] ?? 'sqlite').split(',');
  for (const name of names) {
    if (!['sqlite', 'postgres'].includes(name)) throw new Error(`no database is called ${name}`);
  }
  return names;
}

/** Makes an empty database; `url` is undefined for SQLite. */
export function createDatabase(kind) {
  if (kind === 'sqlite') return { url: undefined, drop() {} };
  const server = process.env[GIVEN.postgres];
  if (!server) throw new Error(`journeys on PostgreSQL need its address in ${GIVEN.postgres}`);
  const name = `fangxian_e2e_${process.pid}_${randomBytes(4).toString('hex')}`;
  psql(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => psql(server, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

function psql(server, statement) {
  execFileSync('psql', [server, '-w', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-c', statement]);
}
