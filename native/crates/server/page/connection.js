// The WebSocket API as a client: commands, events, and a connection that comes back when it was lost.

const KEY = "ruview-token";
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8_000;
const ANSWER_MS = 10_000;
const NOT_AUTHENTICATED = 4401;

// Beside the page, whatever path a proxy puts before it.
const beside = (path) => new URL(path, document.baseURI);

// Some browsers refuse storage in frames: then the token lives as long as the page.
let kept = null;
const token = {
  get() {
    try {
      return sessionStorage.getItem(KEY) ?? kept;
    } catch {
      return kept;
    }
  },
  set(value) {
    kept = value;
    try {
      if (value === null) sessionStorage.removeItem(KEY);
      else sessionStorage.setItem(KEY, value);
    } catch {
      // Kept in memory only.
    }
  },
};

/**
 * Tells its listeners: `open` (who the server is), `event` (of the subscription), `lost` (until it is open again) and `asked`
 * (the server wants a token: why the last one was not good, if there was one).
 */
export class Connection {
  #listeners;
  #socket;
  #pending = new Map();
  #next = 1;
  #retry = FIRST_RETRY_MS;
  #timer;

  constructor(listeners) {
    this.#listeners = listeners;
  }

  connect() {
    clearTimeout(this.#timer);
    const url = beside("ws/v1");
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    this.#socket = socket;
    let asked = false;
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return;
      const frame = JSON.parse(data);
      if (frame.type === "auth_required" && token.get() === null) {
        asked = true;
        socket.close();
        this.#listeners.asked();
      } else if (frame.type === "auth_required") {
        socket.send(JSON.stringify({ type: "auth", token: token.get() }));
      } else if (frame.type === "auth_invalid") {
        asked = true;
        token.set(null);
        this.#listeners.asked(frame.message);
      } else if (frame.type === "auth_ok") {
        this.#retry = FIRST_RETRY_MS;
        this.#listeners.open(frame);
        this.command("subscribe").catch(() => socket.close());
      } else {
        this.#receive(frame);
      }
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.#socket) return;
      this.#fail();
      if (asked) return;
      if (code === NOT_AUTHENTICATED) {
        token.set(null);
        this.#listeners.asked("the token was revoked");
        return;
      }
      this.#listeners.lost();
      this.#timer = setTimeout(() => this.connect(), this.#retry * (0.75 + Math.random() / 2));
      this.#retry = Math.min(this.#retry * 2, LAST_RETRY_MS);
    };
  }

  /** Tries a token that somebody typed. */
  use(value) {
    token.set(value);
    this.connect();
  }

  /** Sends a command; its result. */
  command(type, fields = {}) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN) {
        reject(new Error("there is no connection"));
        return;
      }
      // A server that does not answer is as good as lost; closing the socket brings it back or says so.
      const timer = setTimeout(() => this.#socket.close(), ANSWER_MS);
      this.#pending.set(id, { resolve, reject, timer });
      this.#socket.send(JSON.stringify({ id, type, ...fields }));
    });
  }

  service(service, data) {
    return this.command("call_service", { domain: "ruview", service, data });
  }

  /** The answer of the HTTP API at this path; an error carries what the server says. */
  async http(path) {
    const value = token.get();
    const headers = value === null ? {} : { Authorization: `Bearer ${value}` };
    const response = await fetch(beside(path), { headers, cache: "no-store" });
    const answer = await response.json();
    if (!response.ok) throw Object.assign(new Error(answer.detail ?? response.statusText), { status: response.status });
    return answer;
  }

  #receive(frame) {
    if (frame.type === "event") {
      this.#listeners.event(frame.event);
      return;
    }
    const waiting = this.#pending.get(frame.id);
    if (frame.type !== "result" || !waiting) return;
    this.#pending.delete(frame.id);
    clearTimeout(waiting.timer);
    if (frame.success) waiting.resolve(frame.result);
    else waiting.reject(Object.assign(new Error(frame.error.message), frame.error));
  }

  #fail() {
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new Error("the connection was lost"));
    }
    this.#pending.clear();
  }
}
