// The Thursday review: notes that save themselves, single keys, and where the focus goes. Everything that a
// key does is a link or a button of the page, which works without this script as well.
(function () {
  "use strict";
  var meeting = document.getElementById("meeting");
  var bar = document.querySelector("[data-keys]");
  var toggle = document.getElementById("keys-on");
  var help = document.getElementById("keys-help");
  if (!meeting || !bar || !toggle || !help) return;
  var KEPT = "thursday-keys", PAUSE = 800;
  document.documentElement.classList.add("scripted");

  // ---- notes -------------------------------------------------------------------------------------
  var timer = null, saving = null, saved = "";

  function field() { return document.getElementById("notes"); }
  function state() { return document.getElementById("notes-state"); }
  function dirty() { var f = field(); return !!f && f.value !== saved; }
  function contested() { var s = state(); return !!s && s.hasAttribute("data-conflict"); }
  function say(word) { var s = document.getElementById("notes-words"); if (s) s.textContent = meeting.dataset[word]; }

  // Answers whether what is typed is now saved. One request at a time: a later one carries the newer version.
  function save(deliberately) {
    clearTimeout(timer);
    if (saving) return saving.then(function () { return save(deliberately); });
    if (!dirty()) return Promise.resolve(true);
    if (contested() && !deliberately) return Promise.resolve(false);
    var form = field().form, text = field().value, typed = new FormData(form), over = form.elements.over;
    if (deliberately && over) typed.set("over", over.value);
    say("saving");
    saving = fetch(form.getAttribute("action"), {
      method: "POST", body: typed, credentials: "same-origin",
      headers: { "HX-Request": "true", "X-CSRFToken": form.elements.csrf_token.value }
    }).then(function (answer) {
      return answer.text().then(function (page) {
        if (!answer.ok && answer.status !== 409 && answer.status !== 422) throw new Error(String(answer.status));
        if (!form.isConnected) return answer.ok;
        var box = document.createElement("template");
        box.innerHTML = page;
        var fresh = box.content.querySelector("#notes-state");
        if (!fresh) throw new Error("no state");
        state().replaceWith(fresh);
        if (answer.ok) saved = text;
        if (answer.ok && dirty()) later();
        return answer.ok;
      });
    }).catch(function () { say("failed"); later(5000); return false; })
      .then(function (fine) { saving = null; return fine; });
    return saving;
  }
  function later(pause) { clearTimeout(timer); timer = setTimeout(save, pause || PAUSE); }

  function begin() {
    clearTimeout(timer);
    var box = field();
    // Typed text that came back with a refusal is not what is saved.
    saved = box ? (contested() ? null : box.defaultValue) : "";
  }
  document.addEventListener("input", function (e) {
    if (e.target.id !== "notes" || e.isComposing) return;
    if (!contested()) say("unsaved");
    later();
  });
  document.addEventListener("compositionend", function (e) { if (e.target.id === "notes") later(); });
  document.addEventListener("focusout", function (e) { if (e.target.id === "notes") save(); });
  window.addEventListener("beforeunload", function (e) { if (dirty() || unsent()) e.preventDefault(); });

  // Of two versions one is chosen here; nothing is thrown away unasked.
  document.addEventListener("click", function (e) {
    var button = e.target.closest("[data-keep], [data-both], [data-theirs]");
    if (!button || !field()) return;
    e.preventDefault();
    var theirs = document.getElementById("theirs").value;
    if (button.hasAttribute("data-both")) field().value = theirs + "\n" + field().value;
    if (button.hasAttribute("data-theirs")) field().value = theirs;
    field().focus();
    save(true);
  });

  // A sentence, a need or a result that was typed but not sent: nothing of it is saved by itself.
  function unsent() {
    var boxes = meeting.querySelectorAll("[name=sentence], [name=support], [name=result]");
    return Array.prototype.find.call(boxes, function (box) { return box.value.trim(); });
  }
  function stay(box) {
    var words = document.getElementById("unsent") || document.createElement("p");
    words.id = "unsent";
    words.className = "bad-t sm";
    words.setAttribute("role", "alert");
    words.textContent = meeting.dataset.unsent;
    box.after(words);
    var fold = box.closest("details");
    if (fold) fold.open = true;
    box.focus();
  }
  document.addEventListener("input", function (e) {
    var words = document.getElementById("unsent");
    if (words && words.previousElementSibling === e.target) words.remove();
  });
  // A sentence is one: Enter sends it, Shift and Enter begins a new line.
  document.addEventListener("keydown", function (e) {
    if (e.key !== "Enter" || e.shiftKey || e.isComposing || e.keyCode === 229) return;
    if (!e.target.matches("textarea[name=sentence]")) return;
    e.preventDefault();
    if (!e.repeat) e.target.form.requestSubmit();
  });

  // Who leaves a partner, or ends it, waits for the notes; where they cannot be saved one stays.
  // Pressed twice it ends one partner: the next one has not been looked at yet.
  var ended = -Infinity, TWICE = 700;
  document.addEventListener("keydown", function (e) { if (e.key.toLowerCase() !== "e") ended = -Infinity; });
  document.addEventListener("click", function (e) {
    var link = e.target.closest("[data-leave]");
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return;
    var own = link.dataset.leave === "own"; // it carries the notes itself
    var open = unsent(), twice = own && e.timeStamp - ended < TWICE;
    if (own && !twice && !open) ended = e.timeStamp;
    if (twice) {
      e.preventDefault();
      e.stopImmediatePropagation();
      return;
    }
    if (open) {
      e.preventDefault();
      e.stopImmediatePropagation();
      return stay(open);
    }
    if (own ? !saving && !contested() : !dirty() && !saving) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    (own ? saving || Promise.resolve() : save()).then(function (fine) {
      ended = -Infinity; // this click is the same one, which waited
      if ((own || fine) && !contested()) link.click(); else choose();
    });
  }, true);
  // To the two versions that wait for a choice, or to the text that could not be saved.
  function choose() {
    var place = contested() && state().querySelector("[data-focus]") || field();
    if (place) place.focus();
  }

  // ---- focus, and news from others ---------------------------------------------------------------
  document.addEventListener("htmx:afterSettle", function (e) {
    showKeys();
    if (e.target !== meeting && e.target.id !== "partner") return;
    begin();
    point();
    narrow();
    var summary = meeting.querySelector("[data-focus]"), heading = document.getElementById("h-p");
    if (summary) summary.focus();
    else if (heading) { window.scrollTo(0, 0); heading.focus({ preventScroll: true }); }
  });
  // The list stays as it is from partner to partner: here it is told which one is shown.
  function point() {
    var shown = meeting.querySelector("[data-partner]");
    meeting.querySelectorAll(".plist a[aria-current]").forEach(function (link) { link.removeAttribute("aria-current"); });
    var here = shown && document.getElementById("p-" + shown.dataset.partner);
    if (!here) return;
    here.setAttribute("aria-current", "true");
    here.scrollIntoView({ block: "nearest" });
  }
  // A form that is being filled in, or has the focus, is left alone.
  document.addEventListener("htmx:oobBeforeSwap", function (e) {
    var old = e.detail.target;
    if (old.contains(document.activeElement) || old.querySelector("textarea")) e.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:oobAfterSwap", function (e) {
    var news = e.target, box = field();
    if (news.id !== "notes-news" || !box) return;
    var theirs = news.querySelector("textarea");
    if (!theirs || dirty() || saving || document.activeElement === box) return;
    // Nobody types here: what is saved is shown, with the version it has.
    box.value = box.defaultValue = saved = theirs.value;
    state().querySelector("[name=version]").value = news.dataset.version;
    document.getElementById("notes-words").textContent = "";
  });
  // Who opens a fold to tick support off writes what came of it.
  document.addEventListener("click", function (e) {
    var fold = e.target.closest("#support summary");
    if (!fold || fold.parentNode.open) return;
    setTimeout(function () { fold.parentNode.querySelector("[name=result]").focus(); });
  });
  // On a narrow screen the list of partners is folded away.
  function narrow() {
    var list = meeting.querySelector("[data-narrow]");
    if (list && window.matchMedia("(max-width: 64rem)").matches) list.open = false;
  }

  // ---- keys --------------------------------------------------------------------------------------
  function kept() { try { return window.localStorage.getItem(KEPT) !== "off"; } catch (e) { return true; } }
  function showKeys() {
    meeting.querySelectorAll("[data-kbd]").forEach(function (key) { key.hidden = !toggle.checked; });
  }
  toggle.addEventListener("change", function () {
    try { window.localStorage.setItem(KEPT, toggle.checked ? "on" : "off"); } catch (e) { /* for this page only */ }
    showKeys();
  });
  function openHelp() { if (!help.open) help.showModal(); }
  bar.querySelector("[data-help]").addEventListener("click", openHelp);

  function press(key) {
    if (key === "?") return openHelp() || true;
    if (key === "n" && field()) {
      field().focus();
      field().setSelectionRange(field().value.length, field().value.length); // one writes on
      return true;
    }
    if (key === "s") {
      var support = document.getElementById("sup") || meeting.querySelector("[data-support]");
      return support ? support.focus() || true : false;
    }
    var control = /^[jkea]$/.test(key) && meeting.querySelector('[data-key="' + key + '"]');
    if (control) control.click();
    return !!control;
  }
  document.addEventListener("keydown", function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.keyCode === 229 || help.open) return;
    var typing = e.target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");
    if (e.key === "Escape") {
      if (typing) { e.target.blur(); return; }
    }
    if (typing || !toggle.checked || e.repeat) return;
    if (press(e.key.toLowerCase())) e.preventDefault();
  });

  bar.hidden = false;
  toggle.checked = kept();
  begin();
  narrow();
  point();
  showKeys();
})();
