// One open page. The server sends fragments of HTML, already escaped, each for a region; what is done
// here goes back as {do, …}. Nothing is built from text in this file.

const HEARTBEAT = 10_000 // ms between two pings
const PATIENCE = 6_000 // ms to wait for the answer to one
const RETRY = 1_500 // ms between two looks whether the server is back

export function render({ model, el }) {
  const root = document.createElement("div")
  root.className = "app"
  root.innerHTML = model.html
  const query = new URLSearchParams(location.search)
  const keep = `workbench:${location.pathname}`
  let heard = Date.now()
  let lost = false
  let returnTo = null

  const find = (selector) => root.querySelector(selector)
  const region = (name) => find(`[data-region="${CSS.escape(name)}"]`)
  const send = (message) => { if (!lost) model.send_msg(message) }

  // -- what the server says ----------------------------------------------------------------------

  const ops = {
    put({ to, html }) {
      const place = region(to)
      if (!place) return
      keepingFocus(place, () => { place.innerHTML = html })
      if (place.dataset.shows) place.hidden = !html
    },
    add({ to, html }) {
      const place = region(to)
      if (!place) return
      const made = fragment(html)
      const known = made.id && place.querySelector(`#${CSS.escape(made.id)}`)
      if (known) {
        if (known.firstElementChild?.open && made.firstElementChild?.matches("details")) {
          made.firstElementChild.open = true
        }
        keepingFocus(place, () => known.replaceWith(made))
      } else (place.dataset.most ? lastOf(place) : place).append(made)
      if (atEnd) toEnd()
    },
    drop({ id }) { root.querySelector(`#${CSS.escape(id)}`)?.remove() },
    address({ to }) { history.replaceState(null, "", to) },
    go({ to }) { location.assign(to) },
    leave({ to }) {
      const address = new URL(to, location.href)
      if (question()?.value) address.searchParams.set("ask", question().value)
      location.assign(address)
    },
    title({ to }) { document.title = to },
    running({ on }) { find(".composer")?.classList.toggle("running", on === "yes") },
    asked() {
      draft("")
      busy(false)
      if (document.activeElement === document.body) toQuestion()
    },
    keep({ text }) { sessionStorage.setItem(`${keep}:kept`, text) },
    failed({ did }) { if (did === "ask") busy(false) },
    fill({ text }) { draft(text); question()?.focus() },
    drawer({ on }) { drawer(on === "yes") },
    end() { toEnd() },
    show({ id }) {
      atEnd = false // also of a scroll to the end that waits for its frame
      const place = root.querySelector(`#${CSS.escape(id)}`)
      place?.scrollIntoView({ block: "start" })
      const verdict = place?.querySelector(".wb-verdict")
      const end = scroller()?.getBoundingClientRect().bottom
      if (verdict && verdict.getBoundingClientRect().bottom > end) verdict.scrollIntoView({ block: "center" })
    },
    pong() {},
  }

  model.on("msg:custom", (event) => {
    heard = Date.now()
    for (const op of (event.data ?? event).ops ?? []) ops[op.op]?.(op)
  })

  // The list to go on with: long ones are split, so that those out of sight cost nothing.
  function lastOf(place) {
    const last = place.lastElementChild
    if (last && last.childElementCount < Number(place.dataset.most)) return last
    return place.appendChild(document.createElement("ol"))
  }

  function fragment(html) {
    const template = document.createElement("template")
    template.innerHTML = html
    return template.content.firstElementChild
  }

  // -- the composer ------------------------------------------------------------------------------

  const question = () => find(".composer textarea")

  function draft(text) {
    const box = question()
    if (!box) return
    box.value = text
    grow()
    sessionStorage.setItem(keep, text)
  }

  function grow() {
    const box = question()
    if (!box) return
    box.style.height = "auto"
    box.style.height = `${Math.min(box.scrollHeight + 2, 220)}px`
  }

  function busy(on) {
    const button = find(".composer button[type=submit]")
    if (button) button.disabled = on
  }

  // A phone would put its keyboard over the page.
  function toQuestion() {
    if (matchMedia("(min-width: 800px)").matches) question()?.focus()
  }

  // Whether the end of the conversation is in sight; once per frame, however many steps come.
  const scroller = () => find(".scroll[data-follow]")
  let atEnd = true
  let going = false
  scroller()?.addEventListener("scroll", ({ target }) => {
    if (!going) atEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 120
  }, { passive: true })

  function toEnd() {
    atEnd = true
    if (going || !scroller()) return
    going = true
    requestAnimationFrame(() => {
      const box = scroller()
      if (atEnd) box.scrollTop = box.scrollHeight
      going = false
    })
  }

  // -- what is done here -------------------------------------------------------------------------

  function fields(form, submitter) {
    const given = {}
    for (const [name, value] of new FormData(form, submitter)) given[name] = String(value)
    return given
  }

  // What is not done again easily is asked for twice.
  function isSure(element) {
    const { sure } = element?.dataset ?? {}
    if (!sure || element.classList.contains("sure")) return true
    const words = element.textContent
    element.classList.add("sure")
    element.textContent = sure
    setTimeout(() => { element.classList.remove("sure"); element.textContent = words }, 5000)
    return false
  }

  function act(element, more = {}) {
    if (!isSure(element)) return
    const { do: action, sure: _, told: __, ...rest } = element.dataset
    const about = element.closest("[data-inv]")?.dataset.inv
    send({ do: action, ...(about ? { inv: about } : {}), ...rest, ...more })
  }

  // A file goes as its name and its bytes in base64; the server reads it.
  async function handIn(form, submitter) {
    const input = form.querySelector("input[type=file]")
    const file = input.files[0]
    const most = Number(input.dataset.most)
    input.setCustomValidity(file.size > most ? `At most ${most} bytes.` : "")
    if (!input.reportValidity()) return input.setCustomValidity("")
    const { file: _, ...given } = fields(form, submitter)
    const address = await new Promise((done) => {
      const reader = new FileReader()
      reader.onload = () => done(reader.result)
      reader.readAsDataURL(file)
    })
    act(form, { ...given, name: file.name, base64: address.slice(address.indexOf(",") + 1) })
    form.reset()
  }

  root.addEventListener("submit", (event) => {
    event.preventDefault()
    const form = event.target
    if (form.dataset.files) return handIn(form, event.submitter)
    if (form.matches(".composer")) {
      if (!question().value.trim() || form.querySelector("button[type=submit]").disabled) return
      busy(true)
    } else if (!isSure(event.submitter)) return
    act(form, fields(form, event.submitter))
    if (form.matches(".decision")) form.querySelectorAll("button, input").forEach((e) => { e.disabled = true })
  })

  root.addEventListener("click", (event) => {
    const target = event.target
    root.querySelectorAll("details.pops[open]").forEach((one) => { one.open = one.contains(target) })
    const chip = target.closest("a.wb-chip")
    if (chip) {
      event.preventDefault()
      returnTo = chip
      const inv = chip.closest("[data-inv]")?.dataset.inv
      if (inv) send({ do: "evidence", inv, evidence: chip.getAttribute("href").slice(1) })
      return
    }
    const drop = target.closest("[data-drop]")
    if (drop) {
      if (drop.dataset.drop === "drawer") drawer(false)
      else if (region(drop.dataset.drop)) ops.put({ to: drop.dataset.drop, html: "" })
      return
    }
    const here = target.closest("[data-here]")
    if (here) return local[here.dataset.here]?.(here)
    const doing = target.closest("a[data-do], button[data-do]")
    if (!doing) return
    if (doing.tagName === "A") {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
      event.preventDefault()
    }
    if (doing.dataset.do === "evidence") returnTo = doing
    side(false)
    act(doing)
    if (doing.dataset.do === "fresh") toQuestion()
  })

  root.addEventListener("toggle", (event) => {
    const opened = event.target
    if (opened.matches?.("details[data-do]") && opened.open && !opened.dataset.seen) {
      opened.dataset.seen = "yes"
      act(opened)
    }
  }, true)

  // A live form is sent when it says something new. A field that is left by a click says it has
  // changed, and what was typed into it is sent already: an answer now would take away what is
  // being clicked.
  let typing = 0
  function told(form) {
    clearTimeout(typing)
    const given = fields(form)
    const words = JSON.stringify(given)
    if (form.dataset.told === words) return
    form.dataset.told = words
    act(form, given)
  }

  root.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-live]")
    if (form) told(form)
  })

  root.addEventListener("input", (event) => {
    const target = event.target
    if (target === question()) {
      grow()
      sessionStorage.setItem(keep, target.value)
    } else if (target.dataset.filter) {
      const words = target.value.toLowerCase()
      region(target.dataset.filter)?.querySelectorAll("[data-words]").forEach((item) => {
        item.hidden = !item.dataset.words.includes(words)
      })
    } else if (target.matches("form[data-live] input")) {
      clearTimeout(typing)
      typing = setTimeout(() => told(target.form), 300)
    }
  })

  // Browsers have no clipboard for pages that came over plain http from another machine.
  function copyWithout(text) {
    const box = document.createElement("textarea")
    box.value = text
    document.body.append(box)
    box.select()
    document.execCommand("copy")
    box.remove()
  }

  const local = {
    side() { side(!root.classList.contains("side-open")) },
    look() {
      const dark = matchMedia("(prefers-color-scheme: dark)").matches
      const now = root.dataset.look || (dark ? "dark" : "light")
      look(now === "dark" ? "light" : "dark")
    },
    async copy(button) {
      const text = button.dataset.text ?? new URL(button.dataset.link, location.href).href
      if (navigator.clipboard) await navigator.clipboard.writeText(text)
      else copyWithout(text)
      button.classList.add("copied")
      setTimeout(() => button.classList.remove("copied"), 1500)
    },
  }

  function look(name) {
    root.dataset.look = name
    document.documentElement.dataset.look = name
    localStorage.setItem("workbench:look", name)
  }

  function side(open) {
    if (open === root.classList.contains("side-open")) return
    root.classList.toggle("side-open", open)
    find(".menu").setAttribute("aria-expanded", String(open))
    if (open) find(".side button").focus()
    else find(".menu").focus()
  }

  // The list that a field searches.
  function searched(field) {
    const place = region(field.dataset.filter ?? (field.closest("[role=search]") ? "list" : ""))
    return place?.matches(LISTS) ? place : place?.querySelector(LISTS)
  }

  function drawer(open) {
    root.classList.toggle("drawer-open", open)
    if (open) find(".drawer")?.focus({ preventScroll: true })
    else { returnTo?.isConnected && returnTo.focus(); returnTo = null }
  }

  function onKey(event) {
    const inside = event.composedPath()[0]
    const writes = inside.matches?.("input, textarea, select")
    if (event.key === "Escape") {
      const popped = find("details.pops[open]")
      if (popped) { popped.open = false; popped.querySelector("summary").focus() }
      else if (inside.closest?.("form[data-undo]")) send({ do: inside.closest("form").dataset.undo })
      else if (root.classList.contains("side-open")) side(false)
      else if (root.classList.contains("drawer-open")) drawer(false)
      else if (writes) inside.blur()
    } else if (inside === question() && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault()
      inside.form.requestSubmit()
    } else if ((event.ctrlKey || event.metaKey) && event.key === ".") {
      event.preventDefault()
      find(".stop")?.click()
    } else if (event.ctrlKey || event.metaKey || event.altKey) {
      return
    } else if (goesThrough(event.key, inside, searched(inside))) {
      event.preventDefault()
    } else if (!writes) {
      const key = { "/": () => (question() ?? find("input"))?.focus(), n: () => find("[data-do=fresh]")?.click(),
        f: () => find("[data-filter], [role=search] input")?.focus() }[event.key]
      if (key) { event.preventDefault(); key() }
    }
  }
  document.addEventListener("keydown", onKey)

  // -- the connection ----------------------------------------------------------------------------

  async function offline() {
    if (lost) return
    lost = true
    root.classList.add("lost")
    for (;;) {
      await new Promise((done) => setTimeout(done, RETRY))
      try {
        const answer = await fetch("healthz", { cache: "no-store" })
        if (answer.ok) break
      } catch { /* not yet */ }
    }
    location.reload() // what was recorded is read again: nothing is missing and nothing is there twice
  }

  const beat = setInterval(() => {
    if (document.hidden || lost) return
    const asked = Date.now()
    send({ do: "ping" })
    setTimeout(() => { if (heard < asked) offline() }, PATIENCE)
  }, HEARTBEAT)
  const back = () => {
    if (document.hidden || lost) return
    const asked = Date.now()
    send({ do: "ping" })
    setTimeout(() => { if (heard < asked) offline() }, PATIENCE)
  }
  const clock = setInterval(() => tick(root), 1000)
  window.addEventListener("offline", offline)
  document.addEventListener("visibilitychange", back)
  model.on("remove", () => {
    clearInterval(beat)
    clearInterval(clock)
    document.removeEventListener("keydown", onKey)
    document.removeEventListener("visibilitychange", back)
    window.removeEventListener("offline", offline)
  })

  // -- begin -------------------------------------------------------------------------------------

  const kept = localStorage.getItem("workbench:look")
  if (kept) look(kept)
  document.getElementById("opening")?.remove()
  draft(query.get("ask") ?? sessionStorage.getItem(keep) ?? "")
  model.on("after_render", () => { grow(); toQuestion() })
  const picked = sessionStorage.getItem(`${keep}:kept`) ?? ""
  // An address says what is shown and never what is done: anybody can write a link.
  send({ ...Object.fromEntries(query), do: "hello", draft: question()?.value ?? "", kept: picked })
  return root
}
