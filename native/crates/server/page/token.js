// Asks for the token where Home Assistant does not vouch for who looks.

import { byId, h, say, show } from "./dom.js";

export class TokenForm {
  constructor(connection) {
    this.box = byId("token");
    this.input = h("input", { id: "token-input", type: "password", autocomplete: "off", required: true, spellcheck: "false" });
    this.input.setAttribute("aria-describedby", "token-help token-wrong");
    this.wrong = h("p", { id: "token-wrong", role: "alert", class: "wrong" });
    const submitted = (event) => {
      event.preventDefault();
      const value = this.input.value.trim();
      this.input.value = "";
      if (value) connection.use(value);
    };
    this.box.append(
      h("h2", { id: "token-title" }, "Which token?"),
      h("p", { id: "token-help" }, "This server shows nothing without its token. On its machine, ", h("code", {}, "ruview-server token show"), " prints it. It is kept until this tab is closed."),
      h("form", { onsubmit: submitted }, h("label", { for: "token-input" }, "Token"), this.input, h("button", {}, "Show"), this.wrong),
    );
    this.box.classList.add("card");
  }

  ask(why) {
    show(this.box, true);
    say(this.wrong, why ? `Not accepted: ${why}.` : "");
    this.input.focus();
  }

  close() {
    show(this.box, false);
    say(this.wrong, "");
  }
}
