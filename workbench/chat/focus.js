// Where the focus goes: what is used with keys alone must not lose it.

const STOPS = "a[href], button:not([disabled]), input:not([type=hidden]), select, textarea, summary"
const LISTS = ".list, .suggestions, .books, .boxes, .steps ol"

// Do what replaces the inside of a place. What had the focus in there is gone then: what is called
// the same gets it, or else what comes first.
function keepingFocus(place, replace) {
  const held = place.getRootNode().activeElement
  const name = held?.closest("[id]")?.id
  const within = held && held !== place && place.contains(held)
  replace()
  if (!within || held.isConnected) return
  const same = name && place.querySelector(`#${CSS.escape(name)}`)
  ;(same || place).querySelector(STOPS)?.focus({ preventScroll: true })
}

// Up, down, Home and End go through a list, and down goes into it from the field that searches it.
// Whether the key was one of these.
function goesThrough(key, inside, searched) {
  const by = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity }[key]
  const writes = inside.matches("input:not([type=checkbox]), select, textarea")
  const list = writes ? searched : inside.closest(LISTS)
  if (!by || !list || (writes && by !== 1)) return false
  const items = [...list.children].filter((e) => e.getClientRects().length && e.querySelector(STOPS))
  const at = items.findIndex((e) => e.contains(inside)) + by
  items[Math.min(Math.max(at, 0), items.length - 1)]?.querySelector(STOPS).focus()
  return items.length > 0
}
