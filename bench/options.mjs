// What can be asked for on the command line of `npm run bench`.

import { parseArgs } from "node:util";
import { GROUPS } from "./rows.mjs";

const HELP = `Measures Postigo beside other POP3 servers: npm run bench -- [options]

  --peer NAMES    servers beside Postigo (dovecot-fast,dovecot-max,courier); none: Postigo alone
  --rows WORDS    groups (${GROUPS.join(", ")}) or words of a row's name; all
  --reps N        repetitions of each row, servers taking turns (3)
  --seconds N     length of a run (4)
  --workers N     Postigo's processes: a number or auto (1)
  --io MODE       Postigo's spool.io: auto, sync or async (auto)
  --node PATH     the Node that runs Postigo (this one)
  --profile DIR   profiles Postigo (node --cpu-prof), says where its time goes, and draws flame graphs there
  --md FILE       writes the table there too
  --json FILE     writes every single figure there
  --help          this text

Progress goes to stderr, the table to stdout. Needs Linux, root (mail gets an owner of its own), cc, and for the
POP3S rows the headers of OpenSSL (libssl-dev). What is missing is named and left out.
`;

const OPTIONS = {
  peer: { type: "string", default: "dovecot-fast,dovecot-max,courier" },
  rows: { type: "string", default: "" },
  reps: { type: "string", default: "3" },
  seconds: { type: "string", default: "4" },
  workers: { type: "string", default: "1" },
  io: { type: "string", default: "auto" },
  node: { type: "string", default: process.execPath },
  profile: { type: "string" },
  md: { type: "string" },
  json: { type: "string" },
  help: { type: "boolean", default: false },
};

/** The options; ends the process with 0 after --help and with 64 (EX_USAGE) after a mistake. */
export function readOptions(args) {
  try {
    const { values } = parseArgs({ args, options: OPTIONS });
    if (values.help) leave(process.stdout, HELP, 0);
    return {
      ...values,
      peers: words(values.peer).filter((name) => name !== "none"),
      rows: words(values.rows),
      reps: within("reps", values.reps, { least: 1, most: 9 }),
      seconds: within("seconds", values.seconds, { least: 1, most: 60 }),
      workers: values.workers === "auto" ? "auto" : within("workers", values.workers, { least: 1, most: 256 }),
    };
  } catch (error) {
    return leave(process.stderr, `${error.message}\n\n${HELP}`, 64);
  }
}

const words = (text) =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");

function within(name, text, { least, most }) {
  if (!/^\d{1,4}$/.test(text)) throw new Error(`--${name}: not a whole number`);
  const number = Number(text);
  if (number < least || number > most) throw new Error(`--${name}: ${least} to ${most}`);
  return number;
}

function leave(stream, text, code) {
  stream.write(text);
  process.exit(code);
}
