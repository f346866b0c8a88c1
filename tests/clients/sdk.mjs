// AWS SDK for JavaScript v3, as its users write it. Given an endpoint it plays chats, and prints as one JSON object
// what it saw; it judges nothing. It must not know that the endpoint is an emulator.
import * as connectSdk from "@aws-sdk/client-connect";
import * as participantSdk from "@aws-sdk/client-connectparticipant";

const endpoint = process.argv[2];
const InstanceId = process.argv[3];
const credentials = { accessKeyId: "nobody", secretAccessKey: "nothing" };
const options = { endpoint, region: "us-east-1", credentials };
const connect = new connectSdk.ConnectClient(options);
const participant = new participantSdk.ConnectParticipantClient(options);
const nobody = "00000000-0000-4000-8000-000000000000";

const call = (client, sdk) => (name, input) => client.send(new sdk[`${name}Command`](input));
const control = call(connect, connectSdk);
const side = call(participant, participantSdk);

async function connected(ParticipantToken) {
  const Type = ["WEBSOCKET", "CONNECTION_CREDENTIALS"];
  return side("CreateParticipantConnection", { Type, ConnectParticipant: true, ParticipantToken });
}

async function chat(more = {}) {
  const started = await control("StartChatContact", {
    InstanceId, ContactFlowId: "no-bot", ParticipantDetails: { DisplayName: "Ana" }, ...more,
  });
  const connection = await connected(started.ParticipantToken);
  return { ...started, connection, ConnectionToken: connection.ConnectionCredentials.ConnectionToken };
}

async function botOn(ContactId) {
  const ParticipantDetails = { ParticipantRole: "CUSTOM_BOT", DisplayName: "Helper" };
  const created = await control("CreateParticipant", { InstanceId, ContactId, ParticipantDetails });
  const connection = await connected(created.ParticipantCredentials.ParticipantToken);
  return { ...created, ConnectionToken: connection.ConnectionCredentials.ConnectionToken };
}

async function works() {
  const customer = await chat({ Attributes: { tier: "gold" } });
  const { ContactId, ConnectionToken } = customer;
  const bot = await botOn(ContactId);
  const text = { ContentType: "text/plain", ConnectionToken };
  const sent = await side("SendMessage", { ...text, Content: "Grüße 👋" });
  const again = { ...text, Content: "once", ClientToken: "token" };
  const [first, second] = [await side("SendMessage", again), await side("SendMessage", again)];
  const many = Array.from({ length: 100 }, (_, n) => side("SendMessage", { ...text, Content: `number ${n}` }));
  const ids = new Set((await Promise.all(many)).map((answer) => answer.Id));
  const pages = await walk(ConnectionToken);
  const typing = { ContentType: "application/vnd.amazonaws.connect.event.typing", ConnectionToken };
  const typed = await side("SendEvent", typing);
  const described = await control("DescribeContact", { InstanceId, ContactId });
  const attributes = await control("GetContactAttributes", { InstanceId, InitialContactId: ContactId });
  const file = await upload(ConnectionToken);
  await side("DisconnectParticipant", { ConnectionToken: bot.ConnectionToken });
  await control("StopContact", { InstanceId, ContactId });
  return {
    url: customer.connection.Websocket.Url,
    sent: { id: sent.Id, time: sent.AbsoluteTime, request: sent.$metadata.requestId },
    idempotent: first.Id === second.Id,
    parallel: ids.size,
    pages,
    typed: typeof typed.Id,
    channel: described.Contact.Channel,
    initiated: described.Contact.InitiationTimestamp instanceof Date,
    attributes: attributes.Attributes,
    file,
  };
}

async function walk(ConnectionToken) {
  const items = [];
  const ask = { ConnectionToken, ScanDirection: "FORWARD", SortOrder: "ASCENDING" };
  for await (const page of participantSdk.paginateGetTranscript({ client: participant, pageSize: 40 }, ask)) {
    items.push(...page.Transcript);
  }
  const times = items.map((item) => item.AbsoluteTime);
  const ordered = times.every((time, n) => n === 0 || times[n - 1] < time);
  return { count: new Set(items.map((item) => item.Id)).size, ordered };
}

async function upload(ConnectionToken) {
  const body = "a,b\n1,2\n";
  const about = { ContentType: "text/csv", AttachmentName: "numbers.csv", AttachmentSizeInBytes: body.length };
  const started = await side("StartAttachmentUpload", { ...about, ConnectionToken });
  const { Url, HeadersToInclude } = started.UploadMetadata;
  const put = await fetch(Url, { method: "PUT", headers: HeadersToInclude, body });
  await side("CompleteAttachmentUpload", { AttachmentIds: [started.AttachmentId], ConnectionToken });
  const got = await side("GetAttachment", { AttachmentId: started.AttachmentId, ConnectionToken });
  return { put: put.status, got: await (await fetch(got.Url)).text(), size: got.AttachmentSizeInBytes };
}

async function refusal(promise, sdk) {
  try {
    await promise;
    return "accepted";
  } catch (error) {
    const { httpStatusCode, requestId, attempts } = error.$metadata ?? {};
    const own = sdk[error.name];
    return {
      name: error.name, status: httpStatusCode, fault: error.$fault, attempts,
      told: Boolean(error.message) && error.message !== "UnknownError", request: Boolean(requestId),
      modelled: own !== undefined && error instanceof own,
    };
  }
}

async function fails() {
  const customer = await chat();
  const { ContactId, ConnectionToken, ParticipantToken } = customer;
  const bot = await botOn(ContactId);
  const ended = await chat();
  await control("StopContact", { InstanceId, ContactId: ended.ContactId });
  const role = { ParticipantDetails: { ParticipantRole: "CUSTOM_BOT", DisplayName: "Helper" } };
  const plain = { ContentType: "text/plain", Content: "hello", ConnectionToken };
  const calls = {
    unknownContact: [control, "CreateParticipant", { InstanceId, ContactId: nobody, ...role }],
    secondBot: [control, "CreateParticipant", { InstanceId, ContactId, ...role }],
    noName: [control, "CreateParticipant", { InstanceId, ContactId: ended.ContactId, ParticipantDetails: { ParticipantRole: "CUSTOM_BOT", DisplayName: "" } }],
    noContact: [control, "CreateParticipant", { InstanceId, ...role }],
    badInstance: [control, "CreateParticipant", { InstanceId: "x", ContactId, ...role }],
    stopTwice: [control, "StopContact", { InstanceId, ContactId: ended.ContactId }],
    noContent: [side, "SendMessage", { ...plain, Content: undefined }],
    emptyContent: [side, "SendMessage", { ...plain, Content: "" }],
    longContent: [side, "SendMessage", { ...plain, Content: "x".repeat(16385) }],
    badType: [side, "SendMessage", { ...plain, ContentType: "text/html" }],
    surrogate: [side, "SendMessage", { ...plain, Content: "half \ud83d" }],
    noToken: [side, "SendMessage", { ...plain, ConnectionToken: undefined }],
    wrongToken: [side, "SendMessage", { ...plain, ConnectionToken: ParticipantToken }],
    wrongKind: [side, "CreateParticipantConnection", { Type: ["WEBSOCKET"], ParticipantToken: ConnectionToken }],
    endedChat: [side, "SendMessage", { ...plain, ConnectionToken: ended.ConnectionToken }],
    badScan: [side, "GetTranscript", { ScanDirection: "SIDEWAYS", ConnectionToken }],
    botDownload: [side, "GetAttachment", { AttachmentId: "a", ConnectionToken: bot.ConnectionToken }],
    noView: [side, "DescribeView", { ViewToken: "v", ConnectionToken }],
  };
  const told = {};
  for (const [key, [via, name, input]] of Object.entries(calls)) {
    told[key] = await refusal(via(name, input), via === control ? connectSdk : participantSdk);
  }
  return told;
}

console.log(JSON.stringify({ works: await works(), fails: await fails() }));
