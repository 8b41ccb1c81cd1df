// Costs against the number of messages: Postigo alone, a maildrop for each size.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { makeMaildir } from "../mail/make-maildir.mjs";
import { freePort } from "../peers/greeting.mjs";
import { createPostigo } from "../peers/postigo.mjs";
import { markdown, shown } from "../report.mjs";
import { PASSWORD } from "../spools.mjs";
import { createWorkplace, MAIL_OWNER } from "../workplace.mjs";
import { costsOf } from "./costs.mjs";

const SMALL_USER = "small";
const SMALL_MESSAGES = 5;

/** A table of costs, one column for each of `counts`. An aborted signal ends it, cleanly, with an exception. */
export async function runScale({ counts, certificateMaker, signal }) {
  const workplace = createWorkplace();
  const server = await createScaleServer(workplace, { counts, certificateMaker });
  try {
    fill(server, SMALL_USER, SMALL_MESSAGES);
    const columns = [];
    for (const messages of counts) {
      const user = `n${messages}`;
      process.stderr.write(`${messages} messages …\n`);
      fill(server, user, messages);
      await workplace.rest();
      await server.restart();
      columns.push(await costsOf({ server, user, messages, rest: workplace.rest }));
      signal.throwIfAborted();
    }
    return tableOf(counts, columns);
  } finally {
    await server.stop();
    workplace.remove();
  }
}

const fill = (server, user, messages) =>
  makeMaildir(join(server.spool, user, "Maildir"), { recipe: { messages, sizes: "tiny" }, owner: MAIL_OWNER });

async function createScaleServer(workplace, { counts, certificateMaker }) {
  const peer = createPostigo({ node: process.execPath, workers: 1, io: "auto" });
  const reason = peer.missing();
  if (reason !== undefined) throw new Error(`postigo is ${reason}`);
  const tls = workplace.folder("tls");
  execFileSync(process.execPath, [certificateMaker, tls]);
  execFileSync("chmod", ["644", join(tls, "key.pem")]);
  const place = {
    spool: workplace.folder("spool"),
    port: await freePort(),
    tlsPort: await freePort(),
    owner: MAIL_OWNER,
    users: [SMALL_USER, ...counts.map((count) => `n${count}`)],
    password: PASSWORD,
    certificate: { chain: join(tls, "cert.pem"), key: join(tls, "key.pem") },
    nodeFlags: [],
  };
  let running;
  let starts = 0;
  const server = { ...place, pids: [], smallUser: SMALL_USER };
  server.stop = async () => running?.stop();
  server.restart = async () => {
    await server.stop();
    running = await peer.start({ ...place, run: workplace.folder(`run-${++starts}`) });
    server.pids = running.pids;
  };
  mkdirSync(join(place.spool, ".keep"));
  return server;
}

function tableOf(counts, columns) {
  const labels = Object.keys(columns[0]);
  const head = ["cost", ...counts.map((count) => count.toLocaleString("en"))];
  return markdown([head, ...labels.map((label) => [label, ...columns.map((column) => shown(column[label]))])]);
}
