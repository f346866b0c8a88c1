/**
 * What a customer may answer to an interactive message, and which answer was given. Pure.
 *
 * Answers go out as the widget sends them [client code]: a title, a slot's date, a JSON string from a carousel,
 * or an interactive.response for paging.
 */

const PAGING = new Set(["SHOW_MORE", "PREVIOUS_OPTIONS"]);

/** The text that picking `element` sends; `card` is the carousel's element around it, if any. */
export function pickText(element, card) {
  if (!card) return element.date ?? element.title;
  const listTitle = card.data?.content?.title;
  return JSON.stringify({ templateIdentifier: card.templateIdentifier, listTitle, selectionText: element.title });
}

/** The interactive.response for a paging element, or undefined when it is an ordinary one. */
export function pagingResponse(menu, element) {
  if (!PAGING.has(element.actionDetail)) return undefined;
  const { preIndex, nextIndex, listId, referenceId } = menu.data.content;
  const { templateType } = menu;
  const { actionDetail: actionName } = element;
  return {
    version: "1.0",
    data: { actionName, preIndex, nextIndex, listId, templateType, referenceId },
    action: actionName,
  };
}

/** Every text that picks something in `menu`. */
export function pickTexts(menu) {
  const content = menu.data?.content ?? {};
  if (menu.templateType === "Carousel") {
    return (content.elements ?? []).flatMap((card) => elementsOf(card).map((element) => pickText(element, card)));
  }
  return elementsOf(menu).map((element) => pickText(element));
}

/** The elements or time slots of a template; never anything but a list of objects. */
export function elementsOf(menu) {
  const { elements, timeslots } = menu.data?.content ?? {};
  const list = elements ?? timeslots;
  return Array.isArray(list) ? list.filter((element) => typeof element === "object" && element !== null) : [];
}

/** The customer's next message after the menu at `index`, if it is one of the menu's own answers. */
export function choiceMade(menu, items, index, session) {
  const { participantId } = session.contact;
  const texts = new Set(pickTexts(menu));
  const answer = items.slice(index + 1).find((item) => item.Type === "MESSAGE" && item.ParticipantId === participantId);
  const said = answer?.Content ?? session.outgoing.find((message) => !message.file)?.content;
  return texts.has(said) ? said : undefined;
}
