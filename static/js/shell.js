// What every page needs besides htmx. No inline handlers anywhere.
(function () {
  "use strict";
  var toasts = document.getElementById("toasts");

  function toast(text, bad) {
    if (!toasts) return;
    var box = document.createElement("div");
    box.className = bad ? "toast bad" : "toast";
    box.append(text);
    var close = document.createElement("button");
    close.type = "button";
    close.className = "btn btn-s btn-q";
    close.textContent = toasts.dataset.close;
    close.addEventListener("click", function () { box.remove(); });
    box.append(close);
    toasts.append(box);
    while (toasts.children.length > 3) toasts.firstElementChild.remove();
    if (!bad) setTimeout(function () { box.remove(); }, 8000);
  }

  // After another login the forms on this page get its token; what is typed stays.
  document.addEventListener("token", function (e) {
    document.querySelectorAll("input[name=csrf_token]").forEach(function (field) { field.value = e.detail.value; });
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": e.detail.value }));
  });
  document.addEventListener("toast", function (e) { toast(e.detail.text, e.detail.bad); });
  document.addEventListener("htmx:sendError", function () { toast(toasts.dataset.offline, true); });
  document.addEventListener("htmx:responseError", function () { toast(toasts.dataset.failed, true); });

  // A failed form: the summary takes the focus, so that it is read and seen.
  function focusSummary(root) {
    var summary = root.querySelector("[data-focus]");
    if (summary) summary.focus();
  }
  document.addEventListener("htmx:afterSettle", function (e) { focusSummary(e.target.parentNode || document); });

  document.addEventListener("click", function (e) {
    var button = e.target.closest("button, a");
    if (button && button.getAttribute("aria-disabled") === "true") e.preventDefault();
    if (button && button.hasAttribute("data-print")) window.print();
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(e.target)) menu.open = false;
    });
  });

  // A second click on the same form's button sends nothing.
  document.addEventListener("submit", function (e) {
    var form = e.target;
    if (form.method === "get" || e.defaultPrevented) return;
    if (form.dataset.sent) { e.preventDefault(); return; }
    form.dataset.sent = "1";
    var button = form.querySelector("button[type=submit]");
    if (form.dataset.wait && button) {
      // What takes many seconds says so, and is not sent again meanwhile.
      button.dataset.was = button.textContent;
      button.textContent = form.dataset.wait;
      button.setAttribute("aria-disabled", "true");
    } else setTimeout(function () { delete form.dataset.sent; }, 4000);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
    document.querySelectorAll("button[data-was]").forEach(function (button) {
      button.textContent = button.dataset.was;
      delete button.dataset.was;
      button.removeAttribute("aria-disabled");
    });
  });

  document.addEventListener("keydown", function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (e.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach(function (menu) { menu.open = false; menu.querySelector("summary").focus(); });
      return;
    }
    if (e.target.matches("input, textarea, select, [contenteditable]")) return;
    var search = document.getElementById("q");
    if (e.key === "/" && search && search.offsetParent) { e.preventDefault(); search.focus(); }
  });

  focusSummary(document);
})();
