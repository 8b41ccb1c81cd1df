// A listing from its first entry to its last, in the slices in which it comes.

import type { DirectoryEntry, Listing } from "./file-system.js";

/** Closes the listing at the end, and when whoever goes through it stops or fails. */
export async function* slicesOf(listing: Listing): AsyncGenerator<readonly DirectoryEntry[], void> {
  try {
    for (let slice = await listing.next(); slice.length > 0; slice = await listing.next()) yield slice;
  } finally {
    listing.close();
  }
}
