// What goes on while nothing is said: how long something runs, and how long ago it was.

function tick(root) {
  root.querySelectorAll("[data-since]").forEach((e) => {
    e.textContent = `${Math.max(0, Math.round((Date.now() - Number(e.dataset.since)) / 1000))} s`
  })
  root.querySelectorAll("[data-age]").forEach((e) => {
    e.dataset.from ??= Date.now() - 1000 * Number(e.dataset.age)
    const words = `${human(Math.floor((Date.now() - Number(e.dataset.from)) / 1000))} ago`
    if (e.textContent !== words) e.textContent = words
  })
}

// The same as on the server (workbench/core/duration.py).
function human(seconds) {
  const [minute, hour, day, year] = [60, 3600, 86400, 365 * 86400]
  const one = (unit, name) => `${Math.floor(seconds / unit)}${name}`
  const two = (big, name, small, other) => {
    const rest = Math.floor((seconds % big) / small)
    return one(big, name) + (rest ? `${rest}${other}` : "")
  }
  if (seconds < 2 * minute) return `${seconds}s`
  if (seconds < 10 * minute) return two(minute, "m", 1, "s")
  if (seconds < 3 * hour) return one(minute, "m")
  if (seconds < 8 * hour) return two(hour, "h", minute, "m")
  if (seconds < 2 * day) return one(hour, "h")
  if (seconds < 8 * day) return two(day, "d", hour, "h")
  if (seconds < 2 * year) return one(day, "d")
  if (seconds < 8 * year) return two(year, "y", day, "d")
  return one(year, "y")
}
