// Every human sentence we send, in every language we speak (RFC 6856 §3). A language that lacks one does not compile.
//
// The words are part of the contract with clients that read them: `inUse` texts say "lock", delays say "wait", and no text
// about trouble says "password", which fetchmail and others take for wrong credentials (docs/wire-decisions.md). No text
// repeats what the client sent.

export type Language = "en" | "es";

/** Sentences without parameters: they are encoded once, when the program starts. */
const ENGLISH = {
  greeting: "Postigo ready",
  sendPassword: "now send PASS",
  done: "done",
  goodbye: "goodbye",
  beginTls: "begin TLS negotiation",
  capabilities: "capability list follows",
  mechanisms: "mechanisms follow",
  languages: "languages follow",
  languageChanged: "language changed",
  utf8: "UTF-8 it is",
  marked: "marked, removed at QUIT",
  unmarked: "no message is marked",
  listing: "listing follows",
  topFollows: "top of the message follows",
  unknownCommand: "unknown command",
  badArgument: "missing, superfluous or malformed argument",
  controlOctet: "control octet in the command",
  lineTooLong: "line too long",
  notBeforeLogin: "log in first",
  notAfterLogin: "not after the login",
  tooManyBadCommands: "too many bad commands, closing",
  userFirst: "send USER first",
  encryptByStls: "encrypt first: send STLS, or use port 995",
  encryptByPort: "this login is refused unencrypted: use port 995",
  userPassOff: "USER and PASS are switched off, use AUTH",
  apopOff: "APOP is not available",
  stlsOff: "STLS is not available",
  alreadyEncrypted: "TLS is active already",
  unknownMechanism: "mechanism not available",
  cancelled: "authentication cancelled",
  badBase64: "not canonical base64, authentication cancelled",
  unknownLanguage: "language not available",
  loginFailed: "login failed: check user name and password",
  loginUnavailable: "login is not possible at the moment, try again later",
  loginMisconfigured: "login is misconfigured, tell the operator",
  loginDelayed: "wait before the next login",
  inUse: "maildrop locked by another session",
  tooManySessions: "too many sessions of this account contend for the maildrop lock",
  maildropUnavailable: "maildrop is not available at the moment, try again later",
  maildropIndexing: "maildrop is being indexed, try again later",
  maildropBroken: "maildrop cannot be opened, tell the operator",
  maildropTooSoon: "wait before the next login to this maildrop",
  maildropLost: "maildrop lock lost, nothing was removed",
  noSuchMessage: "no such message",
  messageMarked: "message is marked as deleted",
  messageGone: "message is gone, another program has removed it",
  messageUnreadable: "message cannot be read at the moment",
  noUniqueId: "message has no unique-id",
  shuttingDown: "server shutting down",
};

/** What every language has to say. */
export type Sentences = { readonly [S in keyof typeof ENGLISH]: string };

export interface Wording extends Sentences {
  maildropOpened(messages: number, octets: number): string;
  messageFollows(octets: number): string;
  notRemoved(failed: number, marked: number): string;
}

const ENGLISH_WORDING: Wording = {
  ...ENGLISH,
  maildropOpened: (messages, octets) => `${messages} messages (${octets} octets)`,
  messageFollows: (octets) => `${octets} octets`,
  notRemoved: (failed, marked) => `${failed} of ${marked} messages not removed`,
};

const SPANISH: Wording = {
  greeting: "Postigo listo",
  sendPassword: "ahora envíe PASS",
  done: "hecho",
  goodbye: "adiós",
  beginTls: "comience la negociación de TLS",
  capabilities: "sigue la lista de capacidades",
  mechanisms: "siguen los mecanismos",
  languages: "siguen los idiomas",
  languageChanged: "idioma cambiado",
  utf8: "UTF-8 activado",
  marked: "marcado, se eliminará con QUIT",
  unmarked: "ningún mensaje está marcado",
  listing: "sigue la lista",
  topFollows: "sigue el comienzo del mensaje",
  unknownCommand: "orden desconocida",
  badArgument: "argumento ausente, sobrante o mal formado",
  controlOctet: "octeto de control en la orden",
  lineTooLong: "línea demasiado larga",
  notBeforeLogin: "antes debe identificarse",
  notAfterLogin: "no se admite tras la identificación",
  tooManyBadCommands: "demasiadas órdenes erróneas, se cierra la conexión",
  userFirst: "envíe antes USER",
  encryptByStls: "cifre antes la conexión: envíe STLS o use el puerto 995",
  encryptByPort: "no se admite sin cifrar: use el puerto 995",
  userPassOff: "USER y PASS están desactivados, use AUTH",
  apopOff: "APOP no está disponible",
  stlsOff: "STLS no está disponible",
  alreadyEncrypted: "TLS ya está activo",
  unknownMechanism: "mecanismo no disponible",
  cancelled: "identificación cancelada",
  badBase64: "base64 no canónico, identificación cancelada",
  unknownLanguage: "idioma no disponible",
  loginFailed: "identificación fallida: revise el usuario y la contraseña",
  loginUnavailable: "no es posible identificarse en este momento, inténtelo más tarde",
  loginMisconfigured: "la identificación está mal configurada, avise al operador",
  loginDelayed: "espere antes de volver a identificarse (wait)",
  inUse: "buzón bloqueado por otra sesión (lock)",
  tooManySessions: "demasiadas sesiones de esta cuenta compiten por el bloqueo del buzón (lock)",
  maildropUnavailable: "el buzón no está disponible en este momento, inténtelo más tarde",
  maildropIndexing: "el buzón se está indexando, inténtelo más tarde",
  maildropBroken: "el buzón no se puede abrir, avise al operador",
  maildropTooSoon: "espere antes de volver a abrir este buzón (wait)",
  maildropLost: "se perdió el bloqueo del buzón, nada se ha eliminado",
  noSuchMessage: "no existe ese mensaje",
  messageMarked: "el mensaje está marcado para eliminar",
  messageGone: "el mensaje ya no existe, otro programa lo eliminó",
  messageUnreadable: "el mensaje no se puede leer en este momento",
  noUniqueId: "el mensaje no tiene identificador único",
  shuttingDown: "el servidor se está apagando",
  maildropOpened: (messages, octets) => `${messages} mensajes (${octets} octetos)`,
  messageFollows: (octets) => `${octets} octetos`,
  notRemoved: (failed, marked) => `${failed} de ${marked} mensajes no se eliminaron`,
};

export const WORDINGS: { readonly [L in Language]: Wording } = { en: ENGLISH_WORDING, es: SPANISH };
