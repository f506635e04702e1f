// Puts the page together: what the server tells goes into the home, and what has changed there is drawn once a frame.

import { Connection } from "./connection.js";
import { drawAllCurves, drawCurves } from "./curve.js";
import { Diagnostics } from "./diagnostics.js";
import { byId, say, show } from "./dom.js";
import { HeatMap } from "./heatmap.js";
import { Home } from "./home.js";
import { Nodes } from "./nodes.js";
import { Privacy } from "./privacy.js";
import { Rooms } from "./rooms.js";
import { TokenForm } from "./token.js";

const HEALTH_MS = 2_000;
const ORIGINS = {
  simulated: "Simulated data: nobody is measured. The rooms and people below are computed.",
  replay: "A recording is played: what is shown happened before.",
};

const home = new Home();
const connection = new Connection({ open, event, lost, asked });
const nodes = new Nodes(home, connection);
const rooms = new Rooms(home);
const heatMap = new HeatMap(connection);
const privacy = new Privacy(connection);
const diagnostics = new Diagnostics(connection);
const form = new TokenForm(connection);

let live = false;
let source;
let health = new Map();
let lastHeard;
// What has changed since the last frame.
let arranged = false;
let updated = false;

function open({ name, version, privacy_class, privacy_mode }) {
  live = true;
  form.close();
  show(byId("notice"), false);
  show(byId("home"), true);
  link("Connected", "on");
  say(byId("name"), name);
  document.title = name === "RuView" ? name : `${name} · RuView`;
  say(byId("about"), `ruview-server ${version}`);
  classIs(privacy_class, privacy_mode);
  diagnostics.enable(true);
  diagnostics.update().catch(() => {});
  look();
}

function event(happened) {
  lastHeard = new Date();
  if (home.apply(happened)) arranged = true;
  updated = true;
  if (happened.type === "config_updated") {
    // Before anything else is drawn: what the old class permitted may not be seen any more.
    draw();
    drawAllCurves();
    classIs(happened.privacy_class, happened.privacy_mode);
  } else if (happened.event_type === "calibration_finished") {
    nodes.finished(happened.device_id, happened.data);
  }
}

function lost() {
  home.lost();
  offline();
  const since = lastHeard ? ` What is shown is from ${lastHeard.toLocaleTimeString()}.` : "";
  say(byId("notice"), `The connection to the server is lost.${since} Trying again …`);
  show(byId("notice"), true);
  link("Not connected", "bad");
}

function asked(why) {
  offline();
  show(byId("home"), false);
  show(byId("origin"), false);
  show(byId("notice"), false);
  link("Token needed", "off");
  form.ask(why);
}

function offline() {
  live = false;
  updated = true;
  health = new Map();
  heatMap.use(undefined);
  diagnostics.enable(false);
}

function link(text, tone) {
  say(byId("link"), text);
  byId("link").dataset.tone = tone;
}

function classIs(privacyClass, privacyMode) {
  heatMap.use(privacyClass);
  privacy.use(privacyClass, privacyMode).catch(() => {});
}

/** Asks how the nodes are heard: what is counted is not pushed. */
async function look() {
  if (!live) return;
  try {
    const answer = await connection.command("get_diagnostics");
    health = new Map(answer.nodes.map((node) => [node.id, node]));
    source = answer.source;
    const origin = ORIGINS[source];
    show(byId("origin"), origin !== undefined);
    say(byId("origin"), origin ?? "");
    byId("origin").classList.toggle("simulated", source === "simulated");
    arranged = updated = true;
  } catch {
    // The connection says so itself.
  }
}

function draw() {
  if (arranged) nodes.arrange(source);
  if (arranged || updated) {
    nodes.update(health, live);
    rooms.update();
    byId("home").classList.toggle("stale", !live);
  }
  arranged = updated = false;
}

function frame(now) {
  draw();
  if (live) drawCurves(now);
  requestAnimationFrame(frame);
}

setInterval(look, HEALTH_MS);
requestAnimationFrame(frame);
connection.connect();
