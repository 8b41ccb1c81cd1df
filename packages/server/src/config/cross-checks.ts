// What no single key can tell: how the keys of an effective configuration fit together.

import { isIP } from "node:net";
import { parseMaildirTemplate } from "../maildrop/maildir-path.js";
import { isEverybody } from "../net/networks.js";
import type { Config, ListenConfig } from "./config.js";
import { DEFAULT_LISTENERS } from "./effective.js";
import { formatListener } from "./listener-text.js";
import type { Finding } from "./problem.js";

/** What the configuration has to provide; an embedder who brings his own accounts or maildrops needs no keys for them. */
export interface Needs {
  readonly accounts: boolean;
  readonly maildirs: boolean;
}

/** Contradictions: the gateway must not start with them. */
export const contradictions = (config: Config, needs: Needs): readonly Finding[] => [
  ...listenersWithoutCertificate(config),
  ...listenersThatCollide(config.listen),
  ...listenersWithoutProxies(config),
  ...(needs.maildirs ? templateFaults(config) : []),
  ...(needs.accounts && config.accounts.length === 0 ? [NO_ACCOUNTS] : []),
];

/** Things that work, but seldom as the operator thinks. */
export const surprises = ({ listen, auth, proxy, metrics }: Config): readonly Finding[] => [
  ...(metrics === undefined || isLoopback(metrics.address) ? [] : [OPEN_METRICS]),
  ...listen.flatMap((listener, position): readonly Finding[] =>
    listener.tls === "none" && !isLoopback(listener.address)
      ? [{ path: ["listen", position, "tls"], message: openListener(auth.plaintext) }]
      : [],
  ),
  ...proxy.from.flatMap((network, position): readonly Finding[] =>
    isEverybody(network) ? [{ path: ["proxy", "from", position], message: EVERYBODY }] : [],
  ),
];

export const isLoopback = (address: string): boolean =>
  (isIP(address) === 4 && address.startsWith("127.")) ||
  /^(0*:)*:?0*1$/.test(address) ||
  /^::ffff:127\./i.test(address);

const listenersWithoutCertificate = ({ listen, tls }: Config): readonly Finding[] => {
  if (listen === DEFAULT_LISTENERS && tls === undefined) return [NO_CERTIFICATE];
  return listen.flatMap((listener, position) =>
    tls !== undefined || listener.tls === "none"
      ? []
      : [
          {
            path: ["listen", position, "tls"],
            message: `${formatListener(listener)} is to speak TLS (${listener.tls}) without a certificate; set tls.certificate and tls.key, or tls: none here`,
          },
        ],
  );
};

const listenersThatCollide = (listen: readonly ListenConfig[]): readonly Finding[] => {
  const seen = new Set<string>();
  return listen.flatMap((listener, position) => {
    const name = formatListener(listener).toLowerCase();
    if (listener.port === 0 || !seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ path: ["listen", position], message: `${name} stands in the list twice; keep one of the two` }];
  });
};

const listenersWithoutProxies = ({ listen, proxy }: Config): readonly Finding[] =>
  listen.flatMap((listener, position) =>
    listener.proxy && proxy.from.length === 0
      ? [{ path: ["listen", position, "proxy"], message: `${formatListener(listener)} ${NO_PROXIES}` }]
      : [],
  );

const templateFaults = (config: Config): readonly Finding[] => {
  const path = ["spool", "maildir"];
  const template = config.spool.maildir;
  if (template === "") return [{ path, message: `is missing; say where the Maildirs are: ${EXAMPLE}` }];
  const parsed = parseMaildirTemplate(template);
  if (parsed.type === "problem") return [{ path, message: `${parsed.what}; ${parsed.remedy}` }];
  if (USER_VARIABLE.test(template) || hasOneUser(config)) return [];
  return [{ path, message: `"${template}" is the same for every user; put %{user} or %{local} in: ${EXAMPLE}` }];
};

/** One inline user and nobody else: a template without a variable is then that user's Maildir. */
const hasOneUser = ({ accounts }: Config): boolean =>
  accounts.length === 1 && accounts[0]?.type === "inline" && accounts[0].users.length === 1;

const openListener = (plaintext: Config["auth"]["plaintext"]): string =>
  plaintext === "always"
    ? "passwords and mail cross the network readable by all; use starttls or implicit"
    : "mail crosses the network readable by all, and plain-text logins are refused here; use starttls or implicit";

const EXAMPLE = "/var/mail/vhosts/%{domain}/%{local}/Maildir";
const OPEN_METRICS: Finding = {
  path: ["metrics", "address"],
  message: "can be reached from elsewhere, and tells everybody what the server does; use 127.0.0.1, or guard the port",
};
const NO_PROXIES =
  'would refuse everybody: no proxy is believed; name the networks of the proxies: proxy: { from: ["10.0.0.0/8"] }';
const EVERYBODY =
  "believes whoever can reach the listener about who the client is, and so about limits and delays; name the proxies alone";
const NO_ACCOUNTS: Finding = {
  path: ["accounts"],
  message: "nobody could log in; name a users file: [{ type: users-file, path: /etc/postigo/users }]",
};
const NO_CERTIFICATE: Finding = {
  path: ["tls"],
  message: `is missing, and the default listeners ${DEFAULT_LISTENERS.map(formatListener).join(" and ")} speak TLS; set tls.certificate and tls.key, or listen`,
};
const USER_VARIABLE = /%\{user\}|%\{local\}|%u|%n/;
