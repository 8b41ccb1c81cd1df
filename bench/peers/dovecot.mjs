// Dovecot in its high-performance modes (its manual: "Login processes"), with maildir locks off as they are by default.
//
//   dovecot-fast   login processes serve many connections, mail processes are kept and used again, a session each
//   dovecot-max    as fast, and a mail process serves many sessions at once (all mail has one uid, so it may)

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { endProcesses } from "../processes.mjs";
import { waitForGreeting } from "./greeting.mjs";

const PROGRAM = "/usr/sbin/dovecot";
const POP3 = "/usr/lib/dovecot/pop3";

const MODES = {
  // One process a session: 5,000 of them would measure the machine's memory more than the slope.
  fast: {
    idleSessions: { from: 100, to: 600 },
    mailService: "service_count = 256\n  process_min_avail = 4\n  process_limit = 1500",
  },
  max: {
    idleSessions: { from: 500, to: 5_000 },
    mailService: "service_count = 0\n  client_limit = 400\n  process_min_avail = 2\n  process_limit = 16",
  },
};

export function createDovecot(mode) {
  return {
    name: `dovecot-${mode}`,
    tls: true,
    idleSessions: MODES[mode].idleSessions,
    missing: () => (existsSync(PROGRAM) && existsSync(POP3) ? undefined : "apt-get install dovecot-pop3d"),
    version: () => execFileSync(PROGRAM, ["--version"], { encoding: "utf8" }).trim(),
    start: (place) => start(MODES[mode], place),
  };
}

async function start({ mailService }, place) {
  const { run, users, password } = place;
  const config = join(run, "dovecot.conf");
  writeFileSync(join(run, "passwd"), users.map((user) => `${user}:{PLAIN}${password}::::::\n`).join(""));
  writeFileSync(config, configuration(place, mailService));
  execFileSync(PROGRAM, ["-c", config], { stdio: "ignore", timeout: 20_000 });
  await waitForGreeting(place.port);
  const pids = [Number(readFileSync(join(run, "base/master.pid"), "latin1"))];
  return { pids, stop: () => endProcesses(pids) };
}

function configuration({ run, spool, port, tlsPort, certificate, owner }, mailService) {
  return `protocols = pop3
listen = 127.0.0.1
base_dir = ${run}/base
state_dir = ${run}/state
log_path = ${run}/dovecot.log
ssl = yes
ssl_cert = <${certificate.chain}
ssl_key = <${certificate.key}
disable_plaintext_auth = no
auth_mechanisms = plain
first_valid_uid = ${owner.uid}
mail_location = maildir:${spool}/%u/Maildir
mail_max_userip_connections = 0
default_client_limit = 12000
default_process_limit = 2000
default_vsz_limit = 2G
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${run}/passwd
}
userdb {
  driver = static
  args = uid=${owner.uid} gid=${owner.gid} home=${spool}/%u allow_all_users=yes
}
service pop3-login {
  service_count = 0
  process_min_avail = 2
  process_limit = 2
  client_limit = 8000
  inet_listener pop3 {
    port = ${port}
  }
  inet_listener pop3s {
    port = ${tlsPort}
    ssl = yes
  }
}
service pop3 {
  ${mailService}
}
service anvil {
  client_limit = 12000
}
service auth {
  client_limit = 12000
}
service stats {
  client_limit = 12000
}
`;
}
