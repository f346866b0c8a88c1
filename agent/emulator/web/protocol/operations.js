/**
 * The operations of Amazon Connect that a customer's website uses, by their own names.
 *
 * A participant token only opens connections; a connection token does everything else. Must not know the page.
 */

import { call, reach, refusal } from "./rest.js";
import { INTERACTIVE, INTERACTIVE_RESPONSE } from "./words.js";

const SUPPORTED = ["text/plain", "text/markdown", "application/json", INTERACTIVE, INTERACTIVE_RESPONSE];

/** StartChatContact: `{ContactId, ParticipantId, ParticipantToken}`. */
export function startChatContact({ instanceId, flowId, name, attributes = {} }) {
  return call("StartChatContact", {
    method: "PUT",
    path: "/contact/chat",
    body: {
      InstanceId: instanceId,
      ContactFlowId: flowId,
      ParticipantDetails: { DisplayName: name },
      Attributes: attributes,
      SupportedMessagingContentTypes: SUPPORTED,
      ClientToken: crypto.randomUUID(),
    },
  });
}

/** CreateParticipantConnection: a websocket URL and a connection token. */
export function createParticipantConnection(participantToken) {
  return call("CreateParticipantConnection", {
    path: "/participant/connection",
    bearer: participantToken,
    body: { Type: ["WEBSOCKET", "CONNECTION_CREDENTIALS"] },
  });
}

/** SendMessage: `{Id, AbsoluteTime}`; the same `clientToken` never posts twice. */
export function sendMessage(bearer, { content, contentType, clientToken }) {
  const body = { Content: content, ContentType: contentType, ClientToken: clientToken };
  return call("SendMessage", { path: "/participant/message", bearer, body });
}

/** SendEvent: typing has no content, receipts name their message. */
export function sendEvent(bearer, contentType, content) {
  const body = { ContentType: contentType, ClientToken: crypto.randomUUID() };
  if (content !== undefined) body.Content = content;
  return call("SendEvent", { path: "/participant/event", bearer, body });
}

/** GetTranscript: one page, from the newest back, oldest first within the page. */
export function getTranscript(bearer, nextToken) {
  const body = { MaxResults: 100, ScanDirection: "BACKWARD", SortOrder: "ASCENDING", StartPosition: {} };
  if (nextToken) body.NextToken = nextToken;
  return call("GetTranscript", { path: "/participant/transcript", bearer, body });
}

/** DisconnectParticipant: the customer ends the chat. */
export function disconnectParticipant(bearer) {
  const body = { ClientToken: crypto.randomUUID() };
  return call("DisconnectParticipant", { path: "/participant/disconnect", bearer, body });
}

/** Upload `file` and publish it: StartAttachmentUpload, PUT, CompleteAttachmentUpload. */
export async function sendAttachment(bearer, file) {
  const started = await call("StartAttachmentUpload", {
    path: "/participant/start-attachment-upload",
    bearer,
    body: {
      AttachmentName: file.name,
      AttachmentSizeInBytes: file.size,
      ContentType: file.type || "application/octet-stream",
      ClientToken: crypto.randomUUID(),
    },
  });
  const { Url: url, HeadersToInclude: headers } = started.UploadMetadata;
  const stored = await reach("Upload", url, { method: "PUT", headers, body: file });
  if (!stored.ok) throw refusal("Upload", stored);
  const body = { AttachmentIds: [started.AttachmentId], ClientToken: crypto.randomUUID() };
  await call("CompleteAttachmentUpload", { path: "/participant/complete-attachment-upload", bearer, body });
}

/** GetAttachment: the URL from which an attachment can be read for a while. */
export async function attachmentUrl(bearer, attachmentId) {
  const body = { AttachmentId: attachmentId };
  return (await call("GetAttachment", { path: "/participant/attachment", bearer, body })).Url;
}
