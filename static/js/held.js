// Single keys on the page of a held filing. They are off in fields and while a name is being composed,
// and can be switched off for good; everything they do is a link or a control on the page.
(function () {
  "use strict";
  var box = document.querySelector("[data-shortcuts]");
  var toggle = document.getElementById("keys-on");
  if (!box || !toggle) return;
  var KEPT = "held-keys";

  function kept() {
    try { return window.localStorage.getItem(KEPT) !== "off"; } catch (e) { return true; }
  }
  function show() {
    document.querySelectorAll(".kbd").forEach(function (key) {
      if (key.closest("#main")) key.hidden = !toggle.checked;
    });
  }
  box.hidden = false;
  toggle.checked = kept();
  show();
  toggle.addEventListener("change", function () {
    try { window.localStorage.setItem(KEPT, toggle.checked ? "on" : "off"); } catch (e) { /* for this page only */ }
    show();
  });

  function press(control) {
    if (control.matches("input[type=radio]")) {
      control.checked = true;
      document.getElementById("reason").focus();
    } else if (control.matches("summary")) {
      control.parentNode.open = true;
      control.parentNode.querySelector("input[type=checkbox]").focus();
    } else control.click();
  }
  document.addEventListener("keydown", function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.keyCode === 229) return;
    var typing = e.target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");
    if (e.key === "Escape" && typing) { e.target.blur(); return; }
    if (typing || !toggle.checked || e.repeat) return;
    var key = e.key.toLowerCase();
    var control = /^[sdajk]$/.test(key) && document.querySelector('#main [data-key="' + key + '"]');
    if (control) { e.preventDefault(); press(control); }
  });
})();
