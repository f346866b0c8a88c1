/** Time slots as words: grouped by day, in the template's own time zone or else in the reader's. Pure. */

/** `[[day, [{date, words}, …]], …]`; `offset` is the template's timeZoneOffset in minutes. */
export function slotGroups(slots, offset) {
  const days = new Map();
  for (const { date, duration } of slots) {
    const start = new Date(date);
    const readable = !Number.isNaN(start.getTime());
    const day = readable ? dayOf(start, offset) : "Other";
    const words = readable ? span(start, Number(duration) || 0, offset) : String(date);
    days.set(day, [...(days.get(day) ?? []), { date, words }]);
  }
  return [...days];
}

function shown(moment, offset, options) {
  const fixed = Number.isFinite(offset);
  const shifted = fixed ? new Date(moment.getTime() + offset * 60_000) : moment;
  return shifted.toLocaleString([], fixed ? { ...options, timeZone: "UTC" } : options);
}

function dayOf(moment, offset) {
  return shown(moment, offset, { weekday: "long", day: "numeric", month: "long" });
}

function span(start, minutes, offset) {
  const time = { hour: "2-digit", minute: "2-digit" };
  const from = shown(start, offset, time);
  if (!minutes) return from;
  return `${from} – ${shown(new Date(start.getTime() + minutes * 60_000), offset, time)}`;
}
