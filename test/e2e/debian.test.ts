// The Debian package, built and installed, and the recipes of docs/operations.md carried out word for word: on the real paths and
// ports, with a real Postfix, in a system that is a copy of this one and gone afterwards.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { blocksBelow, FRESH_POSTFIX, inPrivateSystem, needsPrivateSystem, typedIn } from "../support/private-system.js";
import { run } from "../support/real-client.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGE = readFileSync(join(ROOT, "docs/operations.md"), "utf8");
const VIRTUAL = "### Debian, with virtual mailboxes";
const HOMES = "### Debian, with home_mailbox";

/** The blocks of a recipe, ready to run; more or fewer of them than the test knows would leave lines untried. */
function recipe(heading: string, count: number): readonly string[] {
  const blocks = blocksBelow(PAGE, heading, "console");
  assert.equal(blocks.length, count, `console blocks below ${heading}`);
  return blocks.map((block) => typedIn([block]));
}

async function builtPackage(t: TestContext): Promise<string> {
  const folder = temporaryDirectory(t);
  const built = await run(join(ROOT, "scripts/build-deb"), [folder], { deadlineMs: 180_000 });
  assert.equal(built.status, 0, built.stderr);
  return built.stdout.toString().trim().split("\n").at(-1) ?? "";
}

const stepsOf = (deb: string): string => `${FRESH_POSTFIX}
cp ${deb} /var/tmp && cd /var/tmp
`;

const arrival = (folder: string): string => `
for _ in $(seq 300); do [ -n "$(ls ${folder}/new 2>/dev/null)" ] && break; sleep 0.1; done
ls ${folder}/new | grep -q . || { cat /var/log/mail.log; exit 1; }
echo '== read'
`;

/** So much of the recipe: /etc/postigo with a certificate for localhost and the account of ana. */
function certificateAndAccount(): string {
  const [, postigo = ""] = recipe(VIRTUAL, 3);
  return postigo.slice(0, postigo.indexOf("postigo check\n"));
}

/** crypt(3) of libxcrypt 4.4, by Perl, of "correct horse". */
const YESCRYPT = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$zwtVrjrUCmXcyLTs6oxLTQlzifSUkF8RHJ./tK5KU79";

/** Clients that connect without a pause, before, during and after a restart; says how many were refused. */
const RESTART_UNDER_LOAD = `cat > restart.py <<'PYTHON'
import socket, subprocess, threading
served, refused, end = [], [], threading.Event()
def call():
    while not end.is_set():
        try:
            with socket.create_connection(("127.0.0.1", 110), 30) as client:
                if client.recv(512).startswith(b"+OK"): served.append(1)
        except ConnectionRefusedError as error: refused.append(error)
        except ConnectionResetError: pass
def wait_for(count):
    while len(served) < count and not refused: end.wait(0.01)
callers = [threading.Thread(target=call) for _ in range(2)]
for caller in callers: caller.start()
wait_for(20)
subprocess.run(["systemctl", "restart", "postigo"], check=True)
wait_for(len(served) + 20)
end.set()
for caller in callers: caller.join()
print("refused", len(refused))
PYTHON
echo '== restart'
timeout 60 python3 restart.py
`;

const END = `
echo '== end'
systemctl stop postigo.service; wait
postfix stop 2>/dev/null || true
`;

test(
  "a mail sent through Postfix to a virtual mailbox is read by curl, by the recipe of the manual",
  needsPrivateSystem("postfix"),
  async (t) => {
    const [postfix = "", postigo = "", read = ""] = recipe(VIRTUAL, 3);
    const script = `${stepsOf(await builtPackage(t))}${postfix}
${postigo}${arrival("/var/mail/vhosts/example.org/ana")}${read}
${RESTART_UNDER_LOAD}
echo '== state'
ps -o user= -p "$(cat /run/postigo.main-pid)"
grep -E '^Cap(Eff|Bnd)' /proc/"$(cat /run/postigo.main-pid)"/status
${END}`;
    const { status, stdout } = await inPrivateSystem(t, script);
    const output = stdout.toString();
    assert.equal(status, 0, output);
    assert.match(output, /== read\n[\s\S]*^Subject: hello\r?\n[\s\S]*^It works\.\r?$/m);
    assert.match(output, /== restart\nrefused 0\n/, "the recipe leaves postigo.socket active");
    // Never root, and nothing but the right to bind low ports.
    assert.match(output, /== state\nvmail\nCapEff:\t0000000000000400\nCapBnd:\t0000000000000400\n/);
  },
);

test(
  "system users' mail in ~/Maildir is read by curl, by the recipe of the manual",
  needsPrivateSystem("bindfs"),
  async (t) => {
    const [, postigo = ""] = recipe(VIRTUAL, 3);
    const certificate = postigo.split("\n").slice(0, 5).join("\n");
    const [homes = "", read = ""] = recipe(HOMES, 2);
    const script = `${stepsOf(await builtPackage(t))}dpkg -i postigo_*.deb
useradd --create-home --shell /bin/sh bea
${certificate}
${homes}${arrival("/home/bea/Maildir")}${read}
echo '== owner'
stat -c %U:%a /home/bea/Maildir/*/*.*
curl -sS --cacert /etc/postigo/tls/fullchain.pem --user 'bea:correct horse' --request 'DELE 1' pop3s://localhost/1 || true
echo '== link'
useradd --create-home --shell /bin/sh eve
echo "eve:$(printf %s 'correct horse' | postigo hash)" >> /etc/postigo/users
for target in ../bea/Maildir /srv/mail-homes/bea/Maildir; do
  rm -f /home/eve/Maildir; ln -s $target /home/eve/Maildir; chown -h eve: /home/eve/Maildir
  systemctl reload postigo
  for _ in $(seq 50); do curl -sS --cacert /etc/postigo/tls/fullchain.pem --user 'eve:correct horse' pop3s://localhost/ && break; sleep 0.1; done || true
done
grep -c 'maildrop-refused.*user=eve' /run/postigo.journal || true
echo '== left'; ls /home/bea/Maildir/new /home/bea/Maildir/cur | grep -c mail.example.org || true
${END}
umount /srv/mail-homes`;
    const { status, stdout } = await inPrivateSystem(t, script);
    const output = stdout.toString();
    assert.equal(status, 0, output);
    assert.match(output, /== read\n[\s\S]*^Subject: hello\r?\n[\s\S]*^It works\.\r?$/m);
    assert.match(output, /== owner\nbea:600\n/);
    // Never "== link" followed by a scan listing: eve sees nothing of bea's mail.
    assert.match(output, /== link\n(?:(?!\d+ \d+\r?\n)[^\n]*\n)*?[1-9]\d*\n== left\n/);
    assert.match(output, /== left\n0\n/);
  },
);

test(
  "the installed package tells the manager by its own koffi, from the main process, and lets a yescrypt account in",
  needsPrivateSystem("setpriv", "util-linux"),
  async (t) => {
    const script = `cd /var/tmp && cp ${await builtPackage(t)} . && dpkg -i postigo_*.deb
install -d -o vmail -g vmail /var/mail/vhosts/example.org && touch /var/mail/vhosts/example.org/.keep
${certificateAndAccount()}
printf '%s\n' 'yara@example.org:{CRYPT}${YESCRYPT}' >> /etc/postigo/users
(cd /usr/lib/postigo/packages/server && node -e 'import("koffi").then(({ load }) => load("libcrypt.so.1"))')
systemctl enable --now postigo.service
systemctl reload postigo
until [ "$(grep -c 'READY=1' /run/postigo.news)" = 2 ]; do sleep 0.1; done
echo '== login'
curl -sS --cacert /etc/postigo/tls/fullchain.pem --user 'yara@example.org:correct horse' pop3s://localhost/ && echo yara came in
curl -sS --cacert /etc/postigo/tls/fullchain.pem --user 'yara@example.org:wrong' pop3s://localhost/ || echo wrong refused
${END}
echo '== news'; cat /run/postigo.news
echo '== journal'; cat /run/postigo.journal`;
    const { status, stdout } = await inPrivateSystem(t, script);
    const output = stdout.toString();
    assert.equal(status, 0, output);
    assert.match(output, /== login\n\s*yara came in\n[^\n]*\nwrong refused\n/);
    assert.match(
      output,
      /== news\nmain READY=1\n[\s\S]*^main RELOADING=1\n[\s\S]*^main READY=1\n[\s\S]*^main STOPPING=1\n/m,
    );
    assert.doesNotMatch(output, /^other /m);
    assert.doesNotMatch(output, /notify-failed|notify-by-program|accounts-problem/);
    assert.match(output, /listening.* port=995 .*inherited=true/, "the service, started alone, starts its socket");
  },
);

test(
  "the package is installed, upgraded, and purged without what is not its own",
  needsPrivateSystem("dpkg-deb", "dpkg"),
  async (t) => {
    const script = `cd /var/tmp && cp ${await builtPackage(t)} .
dpkg -i postigo_*.deb
postigo --version
[ "$(stat -c %U:%G:%a /etc/postigo/postigo.yaml)" = root:vmail:640 ]
[ "$(stat -c %U:%a /var/mail/vhosts)" = vmail:750 ]
[ -e /lib/systemd/system/postigo-expire.timer ] && [ -e /lib/systemd/system/postigo-expire.service ]
code=0; postigo check || code=$?
echo "check ends with $code"
find /usr/lib/postigo -name '*.test.js' -o -name '*.ts' | grep -v node_modules | grep . && exit 1
echo '# mine' >> /etc/postigo/postigo.yaml
touch /etc/postigo/users
dpkg -i postigo_*.deb
grep -q '^# mine' /etc/postigo/postigo.yaml
rm /etc/postigo/postigo.yaml
dpkg -i postigo_*.deb
[ ! -e /etc/postigo/postigo.yaml ]
mkdir -p /var/lib/postigo/canary
dpkg --purge postigo
[ ! -e /var/lib/postigo ]
ls /etc/postigo /etc/logrotate.d/postigo /usr/bin/postigo /usr/lib/postigo 2>&1 || true
id -un vmail`;
    const { status, stdout } = await inPrivateSystem(t, script);
    const output = stdout.toString();
    assert.equal(status, 0, output);
    assert.match(output, /^postigo \d+\.\d+\.\d+$/m);
    assert.match(output, /^check ends with 66$/m, "no certificate and no accounts yet");
    assert.match(output, /^\/etc\/postigo:\nusers\n/m);
    assert.match(output, /^vmail$/m);
    for (const gone of ["/etc/logrotate.d/postigo", "/usr/bin/postigo", "/usr/lib/postigo"])
      assert.match(output, new RegExp(`'${gone}': No such file`));
  },
);

test("logrotate moves the log away, and Postigo goes on in a new one", needsPrivateSystem("logrotate"), async (t) => {
  const script = `cd /var/tmp && cp ${await builtPackage(t)} . && dpkg -i postigo_*.deb
install -d -o vmail -g vmail /var/mail/vhosts/example.org
${certificateAndAccount()}
echo 'log: { file: /var/log/postigo/postigo.log }' >> /etc/postigo/postigo.yaml
systemctl enable --now postigo.socket postigo.service
for _ in $(seq 300); do grep -qs gateway-started /var/log/postigo/postigo.log && break; sleep 0.1; done
logrotate --force /etc/logrotate.d/postigo
for _ in $(seq 300); do grep -qs ' reloaded' /var/log/postigo/postigo.log && break; sleep 0.1; done
echo '== old'; cat /var/log/postigo/postigo.log.1
echo '== new'; cat /var/log/postigo/postigo.log
${END}`;
  const { status, stdout } = await inPrivateSystem(t, script);
  const output = stdout.toString();
  assert.equal(status, 0, output);
  assert.match(output, /== old\n[\s\S]*gateway-started[\s\S]*== new\n[\s\S]*log-reopened[\s\S]* reloaded/);
});
