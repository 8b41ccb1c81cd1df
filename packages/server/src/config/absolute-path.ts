// Where relative paths start.

import { isAbsolute, normalize, resolve } from "node:path";

export const absolutePath = (folder: string, path: string): string =>
  isAbsolute(path) ? normalize(path) : resolve(folder, path);

/** Only the folders before the first variable are resolved: `..` behind one is a fault to be told, not to be tidied away. */
export const absoluteTemplate = (folder: string, template: string): string => {
  const head = template.slice(0, template.indexOf("%") + 1 || undefined);
  const fixed = head.slice(0, head.endsWith("%") ? head.lastIndexOf("/") + 1 : head.length);
  const rest = template.slice(fixed.length);
  const folders = absolutePath(folder, fixed);
  return rest === "" ? folders : `${folders.replace(/\/$/, "")}/${rest}`;
};
