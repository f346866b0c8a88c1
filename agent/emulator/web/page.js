/** The page put together: each pane in its place, and the keys that reach them all. */

import { Chats } from "./chat/chats.js";
import { installDesk } from "./desk/tabs.js";
import { TimelineStream } from "./inspector/stream.js";
import { Inspector } from "./inspector/view.js";
import { toast } from "./page/toasts.js";
import { installPanes } from "./page/panes.js";
import { installShortcuts } from "./page/shortcuts.js";
import { installTheme } from "./page/theme.js";
import { installWorkbench } from "./workbench/view.js";

const INSTANCE = "11111111-2222-4333-8444-555555555555";
const asked = new URLSearchParams(location.search);

const defaults = {
  instanceId: asked.get("instance") ?? INSTANCE,
  flowId: asked.get("flow") ?? "default",
  name: asked.get("name") ?? "Customer",
};
const report = (error) => toast(error.message);

const panes = installPanes();
const theme = installTheme();
const chats = new Chats(document.getElementById("customer"), { defaults, report });
const stream = new TimelineStream();
const inspector = new Inspector(document.getElementById("inspector"), stream);
installDesk(document.getElementById("desk"), stream, report);
installWorkbench(stream);
chats.addEventListener("selected", (event) => inspector.follow(event.detail));

installShortcuts({ chats, panes, theme, inspector });
chats.resume();
