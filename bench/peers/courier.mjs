// Courier's POP3 server with accounts in userdb. Its paths are fixed (/etc/courier, /run/courier), so it runs in a mount
// namespace of its own where they are other folders. courier-pop cannot be installed beside dovecot-pop3d: it is unpacked.

import { execFileSync, spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endProcesses } from "../processes.mjs";
import { waitForGreeting } from "./greeting.mjs";

const PROGRAMS = "usr/lib/courier/courier";
const UNPACKED = join(tmpdir(), "postigo-bench-cache", "courier-pop");
const NEEDED = [
  "/usr/sbin/couriertcpd",
  "/usr/lib/courier/courier-authlib/authdaemond",
  "/usr/lib/courier-authlib/libauthuserdb.so",
];

export function createCourier() {
  return {
    name: "courier",
    tls: false,
    idleSessions: { from: 100, to: 600 },
    missing,
    version: () => execFileSync("dpkg-query", ["-W", "-f", `\${Version}`, "courier-base"], { encoding: "utf8" }),
    start,
  };
}

function missing() {
  if (!NEEDED.every((path) => existsSync(path))) {
    return "apt-get install courier-base courier-authdaemon courier-authlib-userdb";
  }
  return programFolder() === undefined ? "courier-pop cannot be fetched: apt-get update" : undefined;
}

/** Where courierpop3d lies: installed, or unpacked from its package; undefined when it cannot be fetched. */
function programFolder() {
  for (const root of ["/", UNPACKED]) if (existsSync(join(root, PROGRAMS, "courierpop3d"))) return join(root, PROGRAMS);
  try {
    const work = `${UNPACKED}.${process.pid}`;
    mkdirSync(work, { recursive: true });
    execFileSync("apt-get", ["download", "courier-pop"], { cwd: work, stdio: "ignore", timeout: 60_000 });
    execFileSync("sh", ["-c", 'dpkg -x courier-pop_*.deb "$1"', "sh", UNPACKED], { cwd: work, stdio: "ignore" });
    rmSync(work, { recursive: true });
    return join(UNPACKED, PROGRAMS);
  } catch {
    return undefined;
  }
}

async function start(place) {
  const { run, port } = place;
  writeAccounts(place);
  const script = join(run, "inside.sh");
  writeFileSync(script, insideNamespace(run, port));
  const child = spawn("unshare", ["-m", "sh", script], { cwd: "/", detached: true, stdio: "ignore" });
  const pids = [child.pid];
  try {
    await waitForGreeting(port);
    pids.push(Number(readFileSync(join(run, "auth.pid"), "latin1")));
  } catch (error) {
    await endProcesses(pids);
    throw error;
  }
  return { pids, stop: () => endProcesses(pids) };
}

function writeAccounts({ run, spool, users, password, owner }) {
  const etc = join(run, "etc");
  cpSync("/etc/courier", etc, { recursive: true });
  for (const path of [etc, join(run, "run"), join(run, "run/authdaemon")]) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o755);
  }
  execFileSync("chown", ["courier:courier", join(run, "run/authdaemon")]);
  const daemon = join(etc, "authdaemonrc");
  const settings = readFileSync(daemon, "utf8")
    .replace(/^authmodulelist=.*/m, 'authmodulelist="authuserdb"')
    .replace(/^daemons=.*/m, "daemons=5");
  writeFileSync(daemon, settings);
  const hash = execFileSync("openssl", ["passwd", "-1", "-salt", "bench", password], { encoding: "utf8" }).trim();
  const line = (user) => `${user}\tuid=${owner.uid}|gid=${owner.gid}|home=${spool}/${user}|systempw=${hash}\n`;
  writeFileSync(join(etc, "userdb"), users.map(line).join(""), { mode: 0o700 });
}

const insideNamespace = (run, port) => `mount --make-rprivate /
mount --bind "${run}/etc" /etc/courier
mount --bind "${run}/run" /run/courier
makeuserdb
chmod 644 /etc/courier/userdb.dat
chown courier /etc/courier/userdbshadow.dat
/usr/lib/courier/courier-authlib/authdaemond >"${run}/auth.log" 2>&1 &
echo $! > "${run}/auth.pid"
export TCPLOCALIP=127.0.0.1 PATH MAILDIRPATH=Maildir POP3AUTH= POP3_TLS=0 POP3_PROXY=0 AUTHMODULES=
exec couriertcpd -address=127.0.0.1 -maxprocs=1500 -maxperip=1500 -nodnslookup -noidentlookup ${port} \\
  "${programFolder()}/courierpop3login" "${programFolder()}/courierpop3d" Maildir
`;
