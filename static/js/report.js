// The weekly report: a project is kept while it is typed, and the bar says what is still missing. Whatever
// cannot be kept is said beside it and tried again; the form sends everything without this script as well.
(function () {
  "use strict";
  var form = document.getElementById("report");
  if (!form) return;
  var PAUSE = 1000, AGAIN = 15000;
  var pauses = new Map(), slow = new Map(), unkept = new Set(), leaving = false, again = null;

  function card(e) { return e.target.closest ? e.target.closest(".wk") : null; }
  function field(box, name) { return form.elements[box.id.slice(1) + "-" + name]; }
  function text(box, name) { var it = field(box, name); return it && it.value ? it.value.trim() : ""; }

  // ---- keeping -----------------------------------------------------------------------------------
  function keep(box) {
    clearTimeout(pauses.get(box));
    pauses.delete(box);
    if (box.isConnected) window.htmx.trigger(box, "keep");
  }
  function say(box, words, bad) {
    var state = document.getElementById("s-" + box.id.slice(1));
    if (!state) return;
    state.querySelectorAll("span").forEach(function (old) { old.remove(); });
    var span = document.createElement("span");
    span.className = bad ? "err" : "t3";
    span.textContent = words;
    state.append(span);
  }
  function failed(box, words) {
    unkept.add(box);
    say(box, words, true);
    if (!again) again = setTimeout(retry, AGAIN);
  }
  function retry() {
    clearTimeout(again);
    again = null;
    unkept.forEach(keep);
  }
  // Typed text waits for a pause and for the end of a composition; all else is kept as it changes.
  form.addEventListener("input", function (e) {
    var box = card(e);
    if (!box || e.isComposing || !/-(happened|reason|support|next_step)$/.test(e.target.name)) return;
    clearTimeout(pauses.get(box));
    pauses.set(box, setTimeout(keep, PAUSE, box));
    unkept.add(box);
  });
  form.addEventListener("htmx:beforeRequest", function (e) {
    var box = card(e);
    if (box && e.target === box) slow.set(box, setTimeout(say, 300, box, form.dataset.saving, false));
  });
  form.addEventListener("htmx:afterRequest", function (e) {
    var box = card(e), answer = e.detail.xhr;
    if (!box || e.target !== box) return;
    clearTimeout(slow.get(box));
    if (answer.status === 204) failed(box, form.dataset.out);
    else if (answer.status === 0 || answer.status >= 500) failed(box, form.dataset.offline);
    else {
      if (!pauses.has(box)) unkept.delete(box);
      if (answer.status === 200 && !missing(box).length) mended(box);
    }
  });
  // What was refused when the page was sent is right now: the refusals go.
  function mended(box) {
    box.classList.remove("failed");
    box.querySelectorAll(".field > .err").forEach(function (old) { old.remove(); });
    box.querySelectorAll("[aria-invalid]").forEach(function (it) {
      it.removeAttribute("aria-invalid");
      it.removeAttribute("aria-describedby");
    });
  }
  // The card itself says so: no further word in a corner, at every try.
  ["htmx:sendError", "htmx:timeout", "toast"].forEach(function (name) {
    form.addEventListener(name, function (e) { e.stopPropagation(); });
  });
  form.addEventListener("htmx:responseError", function (e) {
    if (e.detail.xhr.status >= 500) e.stopPropagation();
  });
  window.addEventListener("online", retry);
  document.addEventListener("token", function () { setTimeout(retry); });
  document.addEventListener("visibilitychange", function () { if (!document.hidden) retry(); });
  form.addEventListener("submit", function () { leaving = true; });
  window.addEventListener("pageshow", function () { leaving = false; });
  window.addEventListener("beforeunload", function (e) { if (unkept.size && !leaving) e.preventDefault(); });

  // ---- one reason, tapped or typed -----------------------------------------------------------------
  form.addEventListener("change", function (e) {
    var box = card(e);
    if (box && /-quick$/.test(e.target.name) && e.target.checked) field(box, "reason").value = "";
  }, true);
  form.addEventListener("input", function (e) {
    var box = card(e);
    if (!box || !/-reason$/.test(e.target.name) || !e.target.value.trim()) return;
    var tapped = box.querySelector("[name$='-quick']:checked");
    if (tapped) tapped.checked = false;
  }, true);

  // ---- what is missing -----------------------------------------------------------------------------
  function restated(box, name, was) {
    var it = field(box, name);
    return !!it && it.value.trim() !== "" && Number(it.value.replace(/[,\s¥]/g, "")) !== Number(was);
  }
  // Answers the fields of a project that keep the report from being sent, as `lacking` in domain/reports.py.
  function missing(box) {
    var found = [], step = text(box, "next_step"), day = text(box, "next_step_on");
    var told = text(box, "reason") || text(box, "happened") || box.querySelector("[name$='-quick']:checked");
    var quiet = box.hasAttribute("data-asks") && !told && !restated(box, "ports", box.dataset.ports) &&
      !restated(box, "yearly_revenue", box.dataset.revenue);
    if (quiet) found.push(box.querySelector("[name$='-quick']"));
    if (day && !step) found.push(field(box, "next_step"));
    if (day && day < form.dataset.today) found.push(field(box, "next_step_on"));
    box.classList.toggle("todo", quiet);
    var pill = box.querySelector("[data-todo]");
    if (pill) pill.hidden = !quiet;
    return found;
  }
  // A day that is over, or one without its step, is said beside it: the bar only counts it.
  function remark(it, words) {
    var place = it && it.closest(".field"), old = place && place.querySelector("[data-live]");
    if (!place || (!old && (!words || place.querySelector(".err")))) return;
    if (!words) {
      old.remove();
      it.removeAttribute("aria-invalid");
      it.removeAttribute("aria-describedby");
      return;
    }
    if (!old) {
      old = document.createElement("p");
      old.className = "err";
      old.id = it.id + "-live";
      old.setAttribute("data-live", "");
      place.append(old);
      it.setAttribute("aria-invalid", "true");
      it.setAttribute("aria-describedby", old.id);
    }
    old.textContent = words;
  }
  function remarks(box) {
    var step = text(box, "next_step"), day = text(box, "next_step_on");
    remark(field(box, "next_step"), day && !step ? form.dataset.nostep : "");
    remark(field(box, "next_step_on"), day && day < form.dataset.today ? form.dataset.past : "");
  }
  var bar = document.getElementById("left");
  function count() {
    var found = [];
    form.querySelectorAll(".wk").forEach(function (box) { found = found.concat(missing(box)); });
    var number = found.length + Number(form.dataset.elsewhere), words = form.dataset.none;
    document.getElementById("todo").textContent = number;
    if (number) words = form.dataset.left.replace("{n}", number);
    if (bar.textContent.trim() === words && bar.dataset.counted) return;
    bar.dataset.counted = "1";
    var inner = document.createElement(found.length ? "button" : "span");
    inner.className = found.length ? "btn btn-q btn-s" : "t3";
    if (found.length) inner.type = "button";
    inner.textContent = words;
    bar.replaceChildren(inner);
  }
  bar.addEventListener("click", function (e) {
    if (e.target.tagName !== "BUTTON") return;
    var first = null;
    form.querySelectorAll(".wk").forEach(function (box) { first = first || missing(box)[0]; });
    if (!first) return;
    first.scrollIntoView({ block: "center" });
    first.focus({ preventScroll: true });
  });
  form.addEventListener("input", count);
  form.addEventListener("change", count);
  form.addEventListener("change", function (e) { if (card(e)) remarks(card(e)); });
  form.querySelectorAll(".wk").forEach(remarks);
  window.addEventListener("pageshow", count);
  count();
})();
