// What is measured of one maildrop, in the order in which it is done.

import { chownSync, copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { memoryOf } from "../processes.mjs";
import { median } from "../report.mjs";
import { MAIL_OWNER } from "../workplace.mjs";
import { connect } from "./client.mjs";
import { countSystemCalls } from "./system-calls.mjs";

const REPETITIONS = 9;
const WARMING_SESSIONS = 300;
const SETTLING_MS = 1_500;
const KB_IN_MB = 1_024;

/** `{ label: value }` for the maildrop of `user`, which has `messages` and has never been opened. Times in ms. */
export async function costsOf({ server, user, messages, rest }) {
  await warmUp(server);
  const first = await timedOpen(server, user);
  await pause(SETTLING_MS); // the index is written behind the session
  const later = await repeated(() => timedOpen(server, user));
  const calls = await countSystemCalls(server.pids, () => poll(server, user));
  const answers = await timedAnswers(server, user, messages);
  const deletion = await timedDeletion(server, user);
  await timedOpen(server, user);
  await rest();
  await timedOpen(server, user); // from here on the maildrop counts as unchanged again
  deliverCopy(join(server.spool, user, "Maildir"));
  const withNew = await timedOpen(server, user);
  await rest();
  await timedOpen(server, user);
  return {
    "first open, ms": first,
    "later open, unchanged, ms": later,
    "later open, one new message, ms": withNew,
    ...answers,
    "DELE of one and QUIT, ms": deletion,
    "system calls of a poll, unchanged": calls,
    "memory of a session, new process, MB": await memoryOfSession(server, user),
  };
}

/** So that the code has been compiled before a time is taken. */
async function warmUp(server) {
  for (let session = 0; session < WARMING_SESSIONS; session++) await poll(server, server.smallUser);
}

/** From PASS to its response: there the maildrop is locked, listed and measured. */
async function timedOpen(server, user) {
  const { client, took } = await login(server, user);
  await client.command("QUIT");
  client.end();
  return took;
}

async function login(server, user) {
  const client = await connect(server.port);
  await client.command(`USER ${user}`);
  return { client, took: await client.command(`PASS ${server.password}`) };
}

async function poll(server, user) {
  const { client } = await login(server, user);
  for (const line of ["LIST", "UIDL"]) await client.listing(line);
  await client.command("QUIT");
  client.end();
}

async function timedAnswers(server, user, messages) {
  const { client } = await login(server, user);
  const costs = {
    "LIST, ms": await repeated(() => client.listing("LIST")),
    "UIDL, ms": await repeated(() => client.listing("UIDL")),
    "LIST n, ms": await repeated(() => client.command(`LIST ${messages}`)),
  };
  await client.command("QUIT");
  client.end();
  return costs;
}

async function timedDeletion(server, user) {
  const { client } = await login(server, user);
  const took = (await client.command("DELE 1")) + (await client.command("QUIT"));
  client.end();
  return took;
}

/** As a delivery does it: under a new name in new/. */
function deliverCopy(maildir) {
  const [name] = readdirSync(join(maildir, "new"));
  const delivered = join(maildir, "new", "1999999999.M1P1.mx.example.com");
  copyFileSync(join(maildir, "new", name), delivered);
  chownSync(delivered, MAIL_OWNER.uid, MAIL_OWNER.gid);
}

/** PSS after the session was opened less PSS before, in a process that has served another maildrop. */
async function memoryOfSession(server, user) {
  await server.restart();
  const small = await login(server, server.smallUser);
  await pause(SETTLING_MS);
  const before = memoryOf(server.pids).pssKb;
  const { client } = await login(server, user);
  await pause(SETTLING_MS);
  const after = memoryOf(server.pids).pssKb;
  for (const open of [small.client, client]) open.end();
  return (after - before) / KB_IN_MB;
}

async function repeated(measured) {
  const times = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition++) times.push(await measured());
  return median(times);
}
