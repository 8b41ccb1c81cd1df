// Any server as the earlier one, known by a transcript that was taken while it still ran.

import { lstatSync } from "node:fs";
import { CommandError, EXIT } from "../exit-code.js";
import { type Parsed, textOf } from "../options.js";
import type { Doubt, Former, NothingLeft, OpenFormerServer } from "./former.js";
import { octetsOf } from "./former-file.js";
import { isMost, type Match, matchTranscript } from "./match-transcript.js";
import { placeOption } from "./place-option.js";
import { type StoredMail, storedMail, wasThere } from "./stored-mail.js";
import { type FormerMessage, parseTranscript } from "./transcript.js";

export const transcriptServer = (parsed: Parsed): OpenFormerServer => {
  const place = placeOption(parsed, "transcript");
  if (place === undefined) throw new CommandError(EXIT.usage, "--from transcript needs --transcript FILE");
  if (parsed["all"] === true && place("a@a.a") === place("b@b.b")) {
    throw new CommandError(
      EXIT.usage,
      `--all needs a transcript for each user: --transcript 'FOLDER/%{user}', not ${textOf(parsed, "transcript")}`,
    );
  }
  return (maildrops) => ({
    read: async (maildrop) => {
      const file = place(maildrop.user);
      const octets = await octetsOf(maildrops, file);
      const mail = await storedMail(maildrop);
      if (octets === undefined) return withoutTranscript(file, mail);
      const { mtimeMs } = lstatSync(file);
      return former({ file, takenAt: mtimeMs, messages: parseTranscript(file, octets) }, mail);
    },
  });
};

interface Transcript {
  readonly file: string;
  /** Milliseconds since 1970: when its file was last written. */
  readonly takenAt: number;
  /** In the order of their numbers. */
  readonly messages: readonly FormerMessage[];
}

/** An empty maildrop needs none. For mail it was forgotten: whether clients know that, nothing else tells. */
const withoutTranscript = (file: string, mail: readonly StoredMail[]): NothingLeft => {
  if (mail.length === 0) return { lookedFor: file };
  throw new CommandError(
    EXIT.missingInput,
    `${file} is not there, and ${mail.length} messages are: take the transcript`,
  );
};

const former = ({ file, takenAt, messages }: Transcript, mail: readonly StoredMail[]): Former => {
  const there = mail.filter((message) => wasThere(message, takenAt));
  const match = better(messages, there);
  const ids = [...match.found].map(([uniqueName, order]) => ({
    uniqueName,
    uniqueId: messages[order]?.uniqueId ?? "",
    order,
  }));
  const doubts = there.length > 0 ? match.ambiguous : doubtsOfCopies(messages, mail);
  return {
    ids: ids.sort((a, b) => a.order - b.order),
    warnings: warningsOf({ file, takenAt, messages }, there.length, match.covered),
    ambiguous: doubts,
    hasGaps: false,
  };
};

const warningsOf = ({ file, takenAt, messages }: Transcript, there: number, covered: number): readonly string[] => {
  const warnings: string[] = [];
  const gone = messages.length - there;
  if (gone > 0) warnings.push(`${file}: ${gone} of its ${messages.length} messages have no file any more`);
  if (!isMost(covered, there)) {
    const since = new Date(takenAt).toISOString();
    warnings.push(
      `${file}: not believed: it has the octets of ${covered} of the ${there} messages from before ${since}`,
    );
  }
  return warnings;
};

/** All mail has come since. If the transcript has its octets, then by copying that lost names and times. */
const doubtsOfCopies = (messages: readonly FormerMessage[], mail: readonly StoredMail[]): readonly Doubt[] =>
  isMost(better(messages, mail).covered, mail.length) ? mail.map(({ uniqueName: name }) => ({ name, why: LATER })) : [];

/** Servers count either the octets they send or those of the file; what finds more messages is right. */
const better = (messages: readonly FormerMessage[], mail: readonly StoredMail[]): Match => {
  const sent = matchTranscript(messages, mail);
  const stored = matchTranscript(
    messages,
    mail.map(({ uniqueName, fileOctets }) => ({ uniqueName, octets: fileOctets })),
  );
  const difference = stored.found.size - sent.found.size || stored.covered - sent.covered;
  return difference > 0 ? stored : sent;
};

const LATER = "by its name and its time it came after the transcript was taken; copy mail with its times (cp -p)";
