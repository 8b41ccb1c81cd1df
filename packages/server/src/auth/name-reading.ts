// What a claimed name may mean beside the name of an account:
//
//   claimed  = [ "recent:" ] account [ separator folder ]
//
// The account's own name goes first, as it stands: an account may be called `a+b`. Then the last separator counts, then the one before, so
// that of `a+b+c` the longest name of an account is found; a few of them only, for each costs a look-up.

export interface NameForms {
  /** What stands between an account and a folder; undefined: there are no folders. */
  readonly folderSeparator: string | undefined;
  /** Whether `recent:` is understood. */
  readonly recent: boolean;
}

export interface NameReading {
  readonly user: string;
  readonly folder: string | undefined;
  readonly isRecent: boolean;
}

export const ACCOUNTS_ONLY: NameForms = { folderSeparator: undefined, recent: false };

/** In the order in which they are to be tried. */
export function readingsOf(name: string, { folderSeparator, recent }: NameForms): readonly NameReading[] {
  const isRecent = recent && name.startsWith(RECENT);
  const rest = isRecent ? name.slice(RECENT.length) : name;
  const whole: NameReading = { user: name, folder: undefined, isRecent: false };
  const readings = isRecent ? [whole, { ...whole, user: rest, isRecent }] : [whole];
  if (folderSeparator === undefined) return readings;
  let at = rest.lastIndexOf(folderSeparator);
  for (let split = 0; split < MOST_SPLITS && at > 0; split++) {
    readings.push({ user: rest.slice(0, at), folder: rest.slice(at + 1), isRecent });
    at = rest.lastIndexOf(folderSeparator, at - 1);
  }
  return readings;
}

/**
 * The name under which a stranger is known: the shortest. Whatever he appends, he is one and the same, as the owner of an account is
 * with all his folders; else the difference would tell which accounts exist.
 */
export function plainNameOf(name: string, { folderSeparator, recent }: NameForms): string {
  const rest = recent && name.startsWith(RECENT) ? name.slice(RECENT.length) : name;
  const at = folderSeparator === undefined ? -1 : rest.indexOf(folderSeparator);
  return at > 0 ? rest.slice(0, at) : rest;
}

const RECENT = "recent:";
const MOST_SPLITS = 4;
