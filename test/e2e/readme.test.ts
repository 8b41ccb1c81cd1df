// What the README says to type is typed, word for word, in a fresh clone: in a system of its own, with npm's cache instead of a
// registry. What it shows as the answers is compared with them. The compose stack has its turn in scripts/test-compose.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { blocksBelow, FRESH_POSTFIX, inPrivateSystem, needsPrivateSystem, typedIn } from "../support/private-system.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const OPERATIONS = readFileSync(join(ROOT, "docs/operations.md"), "utf8");

/** A tree that is no clone, an archive of one say, cannot be cloned. */
const needsClone = (program: string, debianPackage = program): { skip?: string } =>
  existsSync(join(ROOT, ".git")) ? needsPrivateSystem(program, debianPackage) : { skip: "this tree is no clone" };

const TRY = blocksBelow(README, "## Try it", "console");
const RUN = blocksBelow(README, "## Run it", "console");

/** The command lines of a block; with `$ ` and `# ` alike, and without what is typed into a program. */
const commandsIn = (block = ""): readonly string[] =>
  block.split("\n").flatMap((line) => (/^[$#] /.test(line) ? [line.slice(2)] : []));

/** Runs a bash script where a clone can be made and its packages had. */
async function type(t: TestContext, script: string): Promise<string> {
  const cache = execFileSync("npm", ["config", "get", "cache"]).toString().trim();
  const settings = `export HOME=/var/tmp/home npm_config_cache=${cache} npm_config_offline=true
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
mkdir -p /var/tmp/home && cd /var/tmp/home
printf 'silent\\nshow-error\\n' > .curlrc
`;
  const { status, stdout } = await inPrivateSystem(t, settings + script);
  assert.equal(status, 0, stdout.toString().slice(-4000));
  return stdout.toString().replaceAll("\r\n", "\n");
}

const cloned = (command: string): string => command.replace("<this repository>", `file://${ROOT.replace(/\/$/, "")}`);

const listening = (file: string, what: string): string =>
  `for _ in $(seq 600); do grep -q '${what}' ${file} && break; sleep 0.1; done; grep '${what}' ${file}\n`;

/** Whether the lines are there in this order, with others between where the README has `…`. */
function assertShown(output: string, shown: readonly string[]): void {
  const pattern = shown.map((line) => (line === "…" ? "(?:.*\\n)*?" : `${escaped(line)}\\n`)).join("");
  assert.match(output, new RegExp(pattern));
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

test(
  "README, Try it: from git clone to a message that is read, deleted, and a Maildir of one's own",
  needsClone("curl"),
  async (t) => {
    const [start, look, own] = TRY;
    assert.equal(TRY.length, 4, "console blocks; the last is the compose stack");
    const [clone = "", serve = ""] = commandsIn(start);
    const [list = "", first = "", session = ""] = commandsIn(look);
    const [build = "", quick = ""] = commandsIn(own);
    const lines = (look ?? "").split("\n");
    const dialogue = lines.slice(lines.findIndex((line) => line.includes(session)) + 1);
    const typed = dialogue.filter((line) => /^[A-Z]/.test(line));
    const output = await type(
      t,
      `began=$(date +%s)
${cloned(clone)}
${serve} >/run/start.log 2>&1 &
starting=$!
${listening("/run/start.log", "Ctrl-C ends it")}
echo '== list'; ${list.replace(/ +#.*/, "")}
echo '== first'; ${first}
echo "== seconds $(($(date +%s) - began))"
echo '== session'; printf '%s\\n' ${typed.map((line) => `'${line}'`).join(" ")} | ${session} 2>/dev/null
kill $starting; wait $starting || true
mkdir -p ~/Maildir/new ~/Maildir/cur ~/Maildir/tmp; printf 'Subject: mine\\n\\n' > ~/Maildir/new/1795000000.M1P1.host
${build}
${quick} >/run/quick.log 2>&1 &
${listening("/run/quick.log", "gateway-started")}
echo '== own'; curl -sS -u me:secret pop3://127.0.0.1:1110/1
kill $!; wait`,
    );
    const shownAfter = (command: string): readonly string[] => {
      const after = lines.slice(lines.findIndex((line) => line.includes(command)) + 1);
      return after.slice(
        0,
        after.findIndex((line) => line.startsWith("$ ")),
      );
    };
    assertShown(output.slice(output.indexOf("== list")), ["== list", "…", ...shownAfter(list)]);
    assertShown(output.slice(output.indexOf("== first")), ["== first", "…", ...shownAfter(first)]);
    const answers = dialogue.filter((line) => line.startsWith("+OK"));
    assert.equal(answers.length, typed.length, "an answer to each line that is typed");
    assertShown(output.slice(output.indexOf("== session")), ["== session", "…", ...answers]);
    assert.match(output, /== own\nSubject: mine\n/);
    t.diagnostic(/== (seconds \d+)/.exec(output)?.[1] ?? "");
  },
);

test(
  "README, Run it: from git clone to a mail sent through Postfix and read in a client",
  needsClone("postfix"),
  async (t) => {
    const [build = "", install = "", serve = "", send = "", read = ""] = commandsIn(RUN[0]);
    const recipe = typedIn(blocksBelow(OPERATIONS, "### Debian, with virtual mailboxes", "console").slice(0, 2)).split(
      "\n",
    );
    const from = recipe.findIndex((line) => line.startsWith("dpkg -i")) + 1;
    const between = recipe.slice(from, recipe.indexOf("postigo check"));
    assert.ok(between.length > 10, "the lines that the README leaves to the manual");
    const output = await type(
      t,
      `${FRESH_POSTFIX}
began=$(date +%s)
${cloned(commandsIn(TRY[0])[0] ?? "")}
${build}
echo "== seconds to the package $(($(date +%s) - began))"
${install}
${between.join("\n")}
${serve}
${send}
for _ in $(seq 300); do [ -n "$(ls /var/mail/vhosts/example.org/ana/new 2>/dev/null)" ] && break; sleep 0.1; done
echo '== read'; ${read}
echo "== seconds in all $(($(date +%s) - began))"
systemctl stop postigo.service; wait
postfix stop 2>/dev/null || true`,
    );
    assert.match(output, /== read\n[\s\S]*^Subject: hello\n[\s\S]*^It works\.$/m);
    for (const [, seconds = ""] of output.matchAll(/== (seconds .*)/g)) t.diagnostic(seconds);
  },
);
