/** The names that Amazon Connect's chat uses on the wire. */

const EVENT = "application/vnd.amazonaws.connect.event.";

export const INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive";
export const INTERACTIVE_RESPONSE = `${INTERACTIVE}.response`;
export const TYPING = `${EVENT}typing`;
export const JOINED = `${EVENT}participant.joined`;
export const LEFT = `${EVENT}participant.left`;
export const IDLE = `${EVENT}participant.idle`;
export const RETURNED = `${EVENT}participant.returned`;
export const AUTODISCONNECTION = `${EVENT}participant.autodisconnection`;
export const INVITED = `${EVENT}participant.invited`;
export const TRANSFERRED = `${EVENT}transfer.succeeded`;
export const TRANSFER_FAILED = `${EVENT}transfer.failed`;
export const ENDED = `${EVENT}chat.ended`;
export const DELIVERED = `${EVENT}message.delivered`;
export const READ = `${EVENT}message.read`;

/** A content type without the prefix that all events share. */
export function shortName(contentType) {
  return contentType.replace("application/vnd.amazonaws.connect.", "");
}

/** `text` as JSON, or undefined when it is not an object in JSON. */
export function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
