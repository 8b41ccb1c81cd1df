// qmail's server keeps no file: the unique-id it shows is the base name, all before the ":". That is ours too unless fields such as ",S=1234"
// stand behind the unique name, or the name is one that we digest. Its order goes by file times and may change, so none is taken over.

import type { FormerId } from "./former-ids.js";
import type { MessageName } from "./message-names-of.js";

export function qmailIdsOf(names: readonly MessageName[]): FormerId[] {
  return names.map(({ uniqueName, baseName }) => ({ uniqueName, uniqueId: baseName, order: undefined }));
}
