// Any server as the earlier one, known by a transcript that was taken while it still ran.

import { type MessageTable, uniqueNameIn } from "@postigo/storage";
import { CommandError, EXIT } from "../exit-code.js";
import { type Parsed, textOf } from "../options.js";
import { readOnlyTable } from "../read-only-table.js";
import type { UserMaildrop } from "../user-maildrops.js";
import type { Former, OpenFormerServer } from "./former.js";
import { octetsOf } from "./former-file.js";
import { type Match, matchTranscript, type StoredFile } from "./match-transcript.js";
import { placeOption } from "./place-option.js";
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
      return octets && former(parseTranscript(file, octets), await readOnlyTable(maildrop.path), maildrop);
    },
  });
};

const former = (messages: readonly FormerMessage[], table: MessageTable, { path }: UserMaildrop): Former => {
  const match = better(messages, table);
  const taken = [...match.found].map(([uniqueName, order]) => ({
    uniqueName,
    uniqueId: messages[order]?.uniqueId ?? "",
    order,
  }));
  const gone = messages.length - taken.length - match.ambiguous.length;
  const warnings = gone > 0 ? [`${path}: no file has the octets of ${gone} messages in the transcript`] : [];
  return { ids: taken.sort((a, b) => a.order - b.order), warnings, ambiguous: match.ambiguous };
};

/** Servers count either the octets they send or those of the file; what finds more messages is right. */
const better = (messages: readonly FormerMessage[], table: MessageTable): Match => {
  const sent = matchTranscript(
    messages,
    filesOf(table, (position) => table.octetsAt(position)),
  );
  const stored = matchTranscript(
    messages,
    filesOf(table, (position) => table.fileOctetsAt(position)),
  );
  return stored.found.size > sent.found.size ? stored : sent;
};

const filesOf = (table: MessageTable, octetsAt: (position: number) => number): readonly StoredFile[] =>
  Array.from({ length: table.count }, (_, position) => ({
    uniqueName: uniqueNameIn(table.pathAt(position).slice("new/".length)),
    octets: octetsAt(position),
  }));
