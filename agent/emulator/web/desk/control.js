/** The emulator's own control interface. Throws `Refused`. */

import { call, reach, refusal } from "../protocol/rest.js";

const ROOT = "/_emulator/";

async function get(path) {
  const response = await reach(path, ROOT + path, { headers: { Accept: "application/json" } });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw refusal(path, response, answer);
  return answer;
}

export const contacts = async () => (await get("contacts")).contacts;
export const contact = (id) => get(`contacts/${id}`);
export const transcript = (id) => get(`transcripts/${id}`);
export const clock = () => get("clock");
export const setClock = (body) => call("clock", { path: `${ROOT}clock`, body });
export const weather = () => get("weather");
export const setWeather = (body) => call("weather", { method: "PUT", path: `${ROOT}weather`, body });
export const workbench = async () => (await get("workbench")).workbench;
export const goBack = (contactId, itemId) => act(contactId, "go-back", { itemId });
export const forgetClientTokens = () => call("forget", { path: `${ROOT}forget-client-tokens`, body: {} });

/** Do `verb` (agent-joins, customer-leaves, …) to a contact. */
export function act(contactId, verb, body = {}) {
  return call(verb, { path: `${ROOT}contacts/${contactId}/${verb}`, body });
}
