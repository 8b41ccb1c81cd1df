// Courier and qmail as the earlier server: a file in the maildrop, or its names alone.

import { join } from "node:path";
import { qmailIdsOf, readCourierSizeList } from "@postigo/storage";
import type { OpenFormerServer } from "./former.js";
import { readFormerFile } from "./former-file.js";
import { namesIn } from "./maildrop-names.js";

// Courier writes its list to a new file and renames that: it is whole at any time.
export const courierServer: OpenFormerServer = (maildrops) => ({
  read: ({ path }) => readFormerFile(maildrops, join(path, "courierpop3dsizelist"), readCourierSizeList),
});

export const qmailServer: OpenFormerServer = (maildrops) => ({
  read: async (maildrop) => ({
    ids: qmailIdsOf(await namesIn(maildrops, maildrop)),
    warnings: [],
    ambiguous: [],
    hasGaps: false,
  }),
});
