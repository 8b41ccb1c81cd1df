// This machine once more, for one script: its own /etc, /usr, /var and /home (what is written lands in memory and is gone at the
// end), its own loopback and its own processes. A recipe can be carried out in it word for word, as root, on the real ports.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Finished } from "./real-client.js";
import { needsRoot, needsSuccess, run } from "./real-client.js";
import { temporaryDirectory } from "./temporary-directory.js";

const source = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const UNSHARE = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];

/** Options for a test that needs such a system. */
export function needsPrivateSystem(program: string, debianPackage = program): { skip?: string } {
  const trial = [
    ...UNSHARE,
    "sh",
    "-c",
    "mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w && mount -t overlay none -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w /etc",
  ];
  const root = needsRoot(program, debianPackage);
  if (root.skip !== undefined) return root;
  return needsSuccess(trial, "no namespaces with overlays here (a container without CAP_SYS_ADMIN)");
}

/** Runs a bash script to its end in a system of its own; it ends at the first command that fails. */
export function inPrivateSystem(t: TestContext, script: string): Promise<Finished> {
  const file = join(temporaryDirectory(t), "script.bash");
  writeFileSync(file, `${PRELUDE}\n${script}\n`);
  const [program = "", ...args] = [...UNSHARE, "bash", file];
  return run(program, args, { deadlineMs: 240_000 });
}

const PRELUDE = `set -euo pipefail
exec 2>&1
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
ip link set lo up
mount -t tmpfs none /mnt
for part in etc usr var home; do
  mkdir -p /mnt/$part/upper /mnt/$part/work
  chmod 755 /mnt/$part/upper
  mount -t overlay none -o lowerdir=/$part,upperdir=/mnt/$part/upper,workdir=/mnt/$part/work /$part
done
mount -t tmpfs -o mode=755 none /run
mkdir -p /run/lock
install -m 755 ${source("test/support/systemctl-stand-in.bash")} /usr/local/bin/systemctl
install -m 755 ${source("test/support/unit-stand-in.py")} /usr/local/bin/unit-stand-in
`;

/** What a fresh Debian has: Postfix configured for local mail only. */
export const FRESH_POSTFIX = `
cp /usr/share/postfix/main.cf.debian /etc/postfix/main.cf
cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
postconf -e 'myhostname = mail.example.org' 'mydestination = $myhostname, localhost' 'inet_interfaces = loopback-only' \\
  'compatibility_level = 3.6' 'maillog_file = /var/log/mail.log'
touch /etc/aliases && newaliases
`;

/** The text of the code blocks of a page between a heading and the next one of its level, by their language. */
export function blocksBelow(page: string, heading: string, language: string): readonly string[] {
  const start = page.indexOf(`\n${heading}\n`) + heading.length + 2;
  // Two signs at least: a line of a console block begins with one.
  const end = page.slice(start).search(/^#{2,} /m);
  const section = page.slice(start, end < 0 ? undefined : start + end);
  return section
    .split("```")
    .filter((part) => part.startsWith(`${language}\n`))
    .map((part) => part.slice(language.length + 1));
}

/** What is typed in a console block: the lines after `# `, with those of a here-document. */
export function typedIn(blocks: readonly string[]): string {
  const lines: string[] = [];
  let end: string | undefined;
  for (const line of blocks.join("").split("\n")) {
    if (end !== undefined) {
      lines.push(line);
      if (line === end) end = undefined;
    } else if (line.startsWith("# ")) {
      lines.push(line.slice(2));
      end = /<<'?(\w+)'?/.exec(line)?.[1];
    }
  }
  return lines.join("\n");
}
