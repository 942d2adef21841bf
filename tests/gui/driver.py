"""Drives the console from outside, as a screen reader does, over the accessibility bus.

It makes plain D-Bus calls with python3-gi. It finds objects by role and accessible name, and sets texts and presses buttons by their accessible
actions. Keys come from xdotool. Run it inside `tests/gui/desktop-session`. README.md says what Qt 6.4 supports.
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from gi.repository import Gio, GLib

CONSOLE = os.environ.get("HOLDFAST_CONSOLE_BINARY", "build/release/bin/holdfast-console")
SCREENSHOTS = pathlib.Path(os.environ.get("HOLDFAST_SCREENSHOTS", "build/release/screenshots"))

ACCESSIBLE = "org.a11y.atspi.Accessible"
STATES = {"active": 1, "checked": 4, "editable": 7, "enabled": 8, "focusable": 11, "focused": 12, "selected": 23,
          "sensitive": 24, "showing": 25, "visible": 30, "defunct": 6}
LABEL_FOR, LABELLED_BY = 1, 2


class Gone(Exception):
    """The object no longer exists."""


def wait_until(condition, seconds=30, what="a condition"):
    """The first true value of condition()."""
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            value = condition()
            if value:
                return value
        except Gone as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}" + (f"; last: {last}" if last else ""))
        time.sleep(0.03)


class Bus:
    """The accessibility bus of this desktop."""

    def __init__(self):
        session = Gio.bus_get_sync(Gio.BusType.SESSION)
        reply = session.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", None, None,
                                  Gio.DBusCallFlags.NONE, 20000)
        enabled = GLib.Variant("(ssv)", ("org.a11y.Status", "IsEnabled", GLib.Variant("b", True)))
        session.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.freedesktop.DBus.Properties", "Set", enabled, None,
                          Gio.DBusCallFlags.NONE, 20000)
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        self.connection = Gio.DBusConnection.new_for_address_sync(reply.unpack()[0], flags, None, None)

    def call(self, bus_name, path, interface, method, arguments=None, timeout_ms=15000):
        try:
            reply = self.connection.call_sync(bus_name, path, interface, method, arguments, None,
                                              Gio.DBusCallFlags.NONE, timeout_ms)
        except GLib.Error as error:
            raise Gone(f"{interface}.{method} at {path}: {error.message}") from None
        return reply.unpack()

    def pid_of(self, bus_name):
        return self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                         "GetConnectionUnixProcessID", GLib.Variant("(s)", (bus_name,)))[0]


class Node:
    """One accessible object: a window, a button, a cluster of the topology."""

    def __init__(self, bus, bus_name, path):
        self.bus, self.bus_name, self.path = bus, bus_name, path

    def __repr__(self):
        try:
            return f"<{self.role} {self.name!r}>"
        except Gone:
            return f"<gone {self.path}>"

    def __eq__(self, other):
        return isinstance(other, Node) and (self.bus_name, self.path) == (other.bus_name, other.path)

    def __hash__(self):
        return hash((self.bus_name, self.path))

    def _call(self, interface, method, arguments=None, timeout_ms=15000):
        return self.bus.call(self.bus_name, self.path, interface, method, arguments, timeout_ms)

    def _property(self, interface, name):
        return self._call("org.freedesktop.DBus.Properties", "Get", GLib.Variant("(ss)", (interface, name)))[0]

    @property
    def name(self):
        return self._property(ACCESSIBLE, "Name")

    @property
    def description(self):
        return self._property(ACCESSIBLE, "Description")

    @property
    def role(self):
        return self._call(ACCESSIBLE, "GetRoleName")[0]

    @property
    def states(self):
        low, high = self._call(ACCESSIBLE, "GetState")[0]
        bits = low | high << 32
        return {name for name, bit in STATES.items() if bits >> bit & 1}

    def has(self, *states):
        return set(states) <= self.states

    def children(self):
        return [Node(self.bus, *pair) for pair in self._call(ACCESSIBLE, "GetChildren")[0] if pair[1].rpartition("/")[2] != "null"]

    def walk(self, hidden=False):
        """Everything below this object, in order, without invisible objects and their contents."""
        for child in self.children():
            try:
                if not hidden and not child.states & {"visible", "showing"}:
                    continue
                yield child
                yield from child.walk(hidden)
            except Gone:
                continue

    def all(self, role=None, name=None, hidden=False):
        def matches(node):
            if role is not None and node.role != role:
                return False
            return name is None or (name(node.name) if callable(name) else node.name == name)

        found = []
        for node in self.walk(hidden):
            try:
                if matches(node):
                    found.append(node)
            except Gone:
                continue
        return found

    def find(self, role=None, name=None, seconds=20, hidden=False):
        """The only such object below this one. Waits until it exists."""
        return wait_until(lambda: next(iter(self.all(role, name, hidden)), None), seconds, f"{role or 'anything'} {name!r}")

    def find_labelled(self, label, seconds=20):
        """The control whose label (buddy) has this text. A combo box is found like this."""

        def look():
            for node in self.all("label", label):
                for kind, targets in node._call(ACCESSIBLE, "GetRelationSet")[0]:
                    if kind in (LABEL_FOR, LABELLED_BY) and targets:
                        return Node(self.bus, *targets[0])
            return None

        return wait_until(look, seconds, f"what {label!r} labels")

    # Actions of a user.

    def actions(self):
        return [name.lower() for name, _, _ in self._call("org.a11y.atspi.Action", "GetActions")[0]]

    def act(self, *wanted, seconds=20):
        """Does the first available action of these. Waits for one, because a disabled button has none."""

        def index():
            names = self.actions()
            return next(([names.index(name)] for name in wanted if name in names and self.has("enabled")), None)

        at = wait_until(index, seconds, f"an action of {wanted} of {self!r}")[0]
        try:
            self._call("org.a11y.atspi.Action", "DoAction", GLib.Variant("(i)", (at,)), timeout_ms=700)
        except Gone:
            pass  # a modal dialog can delay the answer; the next step waits for the effect

    def press(self, seconds=20):
        """Presses a button, opens a list item, toggles a check box, chooses a radio button."""
        self.act("press", "toggle", "check", seconds=seconds)

    def toggle(self, seconds=20):
        self.act("toggle", "check", "press", seconds=seconds)

    @property
    def text(self):
        return self._call("org.a11y.atspi.Text", "GetText", GLib.Variant("(ii)", (0, -1)))[0]

    def set_text(self, text):
        wait_until(lambda: self.has("enabled"), 20, f"{self!r} to be enabled")
        self._call("org.a11y.atspi.EditableText", "SetTextContents", GLib.Variant("(s)", (text,)))

    def focus(self, seconds=10):
        def focused():
            if self.has("focused"):
                return True
            self._call("org.a11y.atspi.Component", "GrabFocus")
            return False

        wait_until(focused, seconds, f"focus on {self!r}")

    def extents(self):
        """x, y, width, height on the screen, in pixels."""
        scale = float(os.environ.get("QT_SCALE_FACTOR", "1"))
        return [round(v * scale) for v in self._call("org.a11y.atspi.Component", "GetExtents", GLib.Variant("(u)", (0,)))[0]]

    def click(self):
        x, y, width, height = self.extents()
        xdotool("mousemove", "--sync", x + width // 2, y + height // 2, "click", 1)

    def choose(self, wanted, seconds=20):
        """Chooses the entry of a combo box whose text begins with `wanted`, by keyboard."""
        if self.name.startswith(wanted):
            return
        items = self.all("list item", hidden=True)
        entries = [item.name for item in items]
        at = next((at for at, entry in enumerate(entries) if entry.startswith(wanted)), None)
        assert at is not None, (wanted, entries)
        self.press()  # this bus cannot give a combo box the focus, but it can open it
        wait_until(lambda: items[at].has("showing"), seconds, f"the entries {entries}")
        key("Home", *["Down"] * at, "Return")
        wait_until(lambda: self.name.startswith(wanted), seconds, f"{wanted!r} of {entries} to be chosen")

    def rows(self):
        """Texts of the cells of a table or the entries of a list."""
        if self.role != "table":
            return [node.name for node in self.all("list item")]
        columns = self._property("org.a11y.atspi.Table", "NColumns")
        texts = [node.name for node in self.all("table cell")]
        return [texts[at:at + columns] for at in range(0, len(texts), columns)]

    def texts(self):
        """All visible text below this object, for searches."""
        return [node.name for node in self.walk() if node.role == "label"]

    def says(self, part):
        return any(part in text for text in self.texts())

    def wait_for(self, part, seconds=30):
        try:
            wait_until(lambda: self.says(part), seconds, f"the text {part!r}")
        except AssertionError as error:
            raise AssertionError(f"{error}; there is: {self.texts()}") from None

    def dump(self, depth=0):
        lines = []
        for child in self.children():
            try:
                lines.append("  " * depth + f"{child!r} {sorted(child.states & {'showing', 'enabled', 'focusable', 'focused', 'checked'})}")
                lines += child.dump(depth + 1)
            except Gone:
                continue
        return lines


def xdotool(*words):
    subprocess.run(["xdotool", *map(str, words)], check=True, capture_output=True, timeout=20)


def key(*names):
    xdotool("key", "--clearmodifiers", *names)


def screenshot(name):
    """Saves a picture of the whole screen in the build tree. Waits until two pictures are equal, so that nothing is half drawn."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    file = SCREENSHOTS / f"{name}.png"
    before = None
    for _ in range(5):  # a clock or moving dots can change every time
        look = subprocess.run(["import", "-window", "root", "ppm:-"], check=True, timeout=30, capture_output=True).stdout
        if look == before:
            break
        before = look
    subprocess.run(["convert", "ppm:-", str(file)], check=True, timeout=60, input=look)
    return file


class Console:
    """A running console. It ends with the block. After a failure a picture and the tree are saved."""

    def __init__(self, *arguments, environment=None):
        self.arguments = [str(a) for a in arguments]
        self.environment = {**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})}

    def __enter__(self):
        self.bus = Bus()
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([CONSOLE, *self.arguments], env=self.environment, stdout=self.log, stderr=self.log)
        try:
            self.application = wait_until(self._application, 60, "the console on the accessibility bus")
            self.window = self.frame("Holdfast", 60)
            wait_until(lambda: self.window.has("active"), 30, "the window to be active")
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def _application(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the console ended with {self.process.returncode}")
        root = Node(self.bus, "org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
        for application in root.children():
            try:
                if self.bus.pid_of(application.bus_name) == self.process.pid:
                    return application
            except Gone:
                continue
        return None

    def frame(self, title, seconds=20):
        """The window whose title begins with this text."""

        def look():
            for node in self.application.children():
                if node.name.startswith(title) and node.states & {"visible", "showing"}:
                    return node
            return None

        return wait_until(look, seconds, f"the window {title!r}")

    def dialogs(self):
        return [node for node in self.application.children() if node.role in ("dialog", "alert", "alert message", "message box") and node.states & {"visible", "showing"}]

    def dialog(self, seconds=20):
        """Waits for an open dialog and returns it."""
        return wait_until(lambda: next(iter(self.dialogs()), None), seconds, "a dialog")

    def wait_no_dialog(self, seconds=20):
        wait_until(lambda: not self.dialogs(), seconds, "the dialog to close")

    def menu(self, name):
        """Chooses an entry of the menu bar by its text without the accelerator; the menu need not be open."""
        self.window.find("menu item", name, hidden=True).press()

    def topology(self):
        return self.window.find("list", "Topology")

    def cluster(self, name, seconds=20):
        return self.topology().find("list item", name, seconds)

    def link(self, name, seconds=20):
        return self.topology().find(None, name, seconds)

    def output(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def __exit__(self, kind, value, trace):
        if kind is not None:
            name = f"failed-{pathlib.Path(sys.argv[0]).stem}"
            try:
                print(f"--- failed: {value}\n--- picture: {screenshot(name)}", file=sys.stderr)
                print("\n".join(self.application.dump()), file=sys.stderr)
            except Exception as error:  # the reason for the failure matters more than this
                print(f"no picture: {error}", file=sys.stderr)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        elif kind is None and self.process.returncode != 0:
            raise AssertionError(f"the console ended with {self.process.returncode}:\n{self.output()}")
        if kind is not None:
            print(f"--- output of the console\n{self.output()}", file=sys.stderr)
        self.log.close()
        return False
