// A Courier POP3 or IMAP server of the test's own: loopback only, accounts in userdb, over the Maildirs of a spool. Its paths are fixed
// (/etc/courier, /run/courier), so it runs in a mount namespace of its own where they are other folders. courier-pop and courier-imap
// cannot be installed beside Dovecot's: what is not there is unpacked from its package. Needs root.

import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { cleanUp } from "./clean-up.js";
import { until } from "./eventually.js";
import { greets } from "./foreign-daemon.js";
import { freePort } from "./free-port.js";
import { PASSWORD } from "./gateway-process.js";
import { MAIL_OWNER } from "./mail-owner.js";
import { isRunning } from "./process-state.js";
import { needsSuccess } from "./real-client.js";
import { temporaryDirectory } from "./temporary-directory.js";

export interface CourierOptions {
  /** The Maildir of a user is SPOOL/USER. */
  readonly spool: string;
  readonly users: readonly string[];
  /** POP3 unless it is said. */
  readonly service?: Service;
}

type Service = "pop3" | "imap";

/** Options for a test that needs it. */
export const needsCourier = (): { skip?: string } =>
  process.getuid?.() === 0
    ? needsSuccess(
        ["sh", "-c", NEEDED],
        "Courier is missing: apt-get install courier-base courier-authdaemon courier-authlib-userdb",
      )
    : { skip: "needs root" };

const NEEDED = `PATH=$PATH:/usr/sbin:/sbin command -v couriertcpd &&
  test -x /usr/lib/courier/courier-authlib/authdaemond && test -e /usr/lib/courier-authlib/libauthuserdb.so`;

export class PrivateCourier {
  readonly directory: string;
  readonly port: number;
  #child: ChildProcess | undefined;

  private constructor(directory: string, port: number) {
    this.directory = directory;
    this.port = port;
  }

  /** Starts it and waits for its greeting; every user has the PASSWORD of the gateway's users. Ends with the test. */
  static async start(t: TestContext, options: CourierOptions): Promise<PrivateCourier> {
    const courier = new PrivateCourier(temporaryDirectory(t), await freePort());
    courier.#writeAccounts(options);
    const service = SERVICES[options.service ?? "pop3"];
    const root = rootOf(service);
    cleanUp(t, () => courier.stop());
    writeFileSync(join(courier.directory, "inside.sh"), courier.#insideNamespace(root, service));
    const script = join(courier.directory, "inside.sh");
    courier.#child = spawn("unshare", ["-m", "sh", script], { cwd: "/", stdio: "ignore", env: environment() });
    await until("Courier answers", () => courier.#answers());
    return courier;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const auth = pidIn(join(this.directory, "auth.pid"));
    for (const pid of [child.pid, auth]) if (pid !== undefined && isRunning(pid)) process.kill(pid, "SIGTERM");
    await until("Courier has ended", () => ![child.pid, auth].some((pid) => pid !== undefined && isRunning(pid)));
  }

  #answers(): Promise<boolean> {
    assert.equal(this.#child?.exitCode, null, "Courier has ended");
    return greets(this.port);
  }

  #writeAccounts({ spool, users }: CourierOptions): void {
    const etc = join(this.directory, "etc");
    cpSync("/etc/courier", etc, { recursive: true });
    for (const path of [etc, join(this.directory, "run"), join(this.directory, "run/authdaemon")]) {
      mkdirSync(path, { recursive: true });
      chmodSync(path, 0o755);
    }
    execFileSync("chown", ["courier:courier", join(this.directory, "run/authdaemon")]);
    const daemon = join(etc, "authdaemonrc");
    const settings = readFileSync(daemon, "utf8")
      .replace(/^authmodulelist=.*/m, 'authmodulelist="authuserdb"')
      .replace(/^daemons=.*/m, "daemons=2");
    writeFileSync(daemon, settings);
    const hash = execFileSync("openssl", ["passwd", "-1", PASSWORD], { encoding: "utf8" }).trim();
    const account = (user: string): string =>
      `${user}\tuid=${MAIL_OWNER}|gid=${MAIL_OWNER}|home=${spool}/${user}|mail=${spool}/${user}|systempw=${hash}\n`;
    writeFileSync(join(etc, "userdb"), users.map(account).join(""), { mode: 0o700 });
  }

  #insideNamespace(root: string, { login, program, environment: variables }: ServiceForm): string {
    const own = this.directory;
    return `mount --make-rprivate /
mount --bind "${own}/etc" /etc/courier
mount --bind "${own}/run" /run/courier
makeuserdb
chmod 644 /etc/courier/userdb.dat
chown courier /etc/courier/userdbshadow.dat
/usr/lib/courier/courier-authlib/authdaemond >"${own}/auth.log" 2>&1 &
echo $! > "${own}/auth.pid"
export TCPLOCALIP=127.0.0.1 PATH MAILDIRPATH=. AUTHMODULES= ${variables}
exec couriertcpd -address=127.0.0.1 -maxprocs=40 -maxperip=40 -nodnslookup -noidentlookup ${this.port} \\
  "${join(root, login)}" "${join(root, program)}" .
`;
  }
}

interface ServiceForm {
  readonly debianPackage: string;
  /** Below the root of the package. */
  readonly login: string;
  readonly program: string;
  readonly environment: string;
}

const SERVICES: Readonly<Record<Service, ServiceForm>> = {
  pop3: {
    debianPackage: "courier-pop",
    login: "usr/lib/courier/courier/courierpop3login",
    program: "usr/lib/courier/courier/courierpop3d",
    environment: "POP3AUTH= POP3_TLS=0 POP3_PROXY=0",
  },
  imap: {
    debianPackage: "courier-imap",
    login: "usr/lib/courier/courier/imaplogin",
    program: "usr/bin/imapd",
    environment: `IMAP_CAPABILITY="IMAP4rev1 UIDPLUS QUOTA" IMAP_STARTTLS=NO IMAP_PROXY=0 IMAP_USELOCKS=1 IMAP_KEYWORDS=1`,
  },
};

/** The root below which its programs stand: installed, or unpacked once and kept for the next test. */
function rootOf({ debianPackage, login }: ServiceForm): string {
  const unpacked = join(tmpdir(), "postigo-test-cache", debianPackage);
  for (const root of ["/", unpacked]) if (existsSync(join(root, login))) return root;
  unpack(debianPackage, unpacked);
  return unpacked;
}

/** Tests that run at once do it each for itself; the first to be ready puts it in place. */
function unpack(debianPackage: string, target: string): void {
  const work = mkdtempSync(join(tmpdir(), "postigo-courier-"));
  execFileSync("apt-get", ["download", debianPackage], { cwd: work, stdio: "ignore", timeout: 120_000 });
  execFileSync("sh", ["-c", `dpkg -x ${debianPackage}_*.deb unpacked`], { cwd: work, stdio: "ignore" });
  chmodSync(work, 0o755);
  mkdirSync(dirname(target), { recursive: true });
  if (!existsSync(target)) renameSync(join(work, "unpacked"), target);
  rmSync(work, { recursive: true });
}

const pidIn = (file: string): number | undefined =>
  existsSync(file) ? Number(readFileSync(file, "latin1")) || undefined : undefined;

const environment = (): NodeJS.ProcessEnv => ({ ...process.env, PATH: `/usr/sbin:/sbin:${process.env["PATH"]}` });
