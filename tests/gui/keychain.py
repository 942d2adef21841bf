"""Tokens are stored in the system's keychain only: in no file, and without a keychain only for the session."""

import base64
import os
import pathlib
import subprocess
import sys
import tempfile

from gi.repository import Gio, GLib

from driver import Console, screenshot, wait_until
from fleet import Workspace, operator_token
from wizard import Wizard, assert_hidden

TOKEN = "gui-keychain-token-5f2c91"
SECRETS = "org.freedesktop.secrets"


def secrets_kept():
    """Every secret of the unlocked keyring, by the Secret Service's own interface."""
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)

    def call(path, interface, method, arguments):
        return bus.call_sync(SECRETS, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, 20000).unpack()

    service = "/org/freedesktop/secrets"
    session = call(service, "org.freedesktop.Secret.Service", "OpenSession", GLib.Variant("(sv)", ("plain", GLib.Variant("s", ""))))[1]
    unlocked, _ = call(service, "org.freedesktop.Secret.Service", "SearchItems", GLib.Variant("(a{ss})", ({"server": "holdfast-console"},)))
    kept = []
    for item in unlocked:
        kept.append(bytes(call(item, "org.freedesktop.Secret.Item", "GetSecret", GLib.Variant("(o)", (session,)))[0][2]).decode())
        kept.append(base64.b64decode(kept[-1] + "===").decode(errors="replace"))  # how QtKeychain keeps bytes
    return kept


def files_with(text):
    """Files below the home and runtime directories that hold the text, plain or in base64."""
    found = []
    forms = (text.encode(), base64.b64encode(text.encode()))
    for root in (os.environ["HOME"], os.environ["XDG_RUNTIME_DIR"]):
        for path in pathlib.Path(root).rglob("*"):
            if path.is_file() and not path.is_symlink() and any(form in path.read_bytes() for form in forms):
                found.append(str(path))
    return found


def add_connection(console, server, name, is_kept):
    console.menu("Add connection…")
    dialog = console.dialog()
    remember = dialog.find("check box", "Keep the token in the keychain")
    if is_kept:
        wait_until(lambda: remember.has("checked", "enabled"), 20, "the keychain to be found")
    else:
        dialog.wait_for("This machine has no keychain")
        assert not remember.has("enabled") and not remember.has("checked")
    dialog.find("text", "Address").set_text("ftp://127.0.0.1")
    save = dialog.find("push button", "Save connection")
    assert not save.has("enabled")
    dialog.find("text", "Address").set_text(server.address)
    dialog.find("text", "Name").set_text(name)
    dialog.find("push button", "Test connection").press()
    dialog.wait_for("It answers")
    token = wait_until(lambda: next((n for n in dialog.walk() if n.name == "Token" and n.role != "label"), None), 20, "Token")
    token.set_text("wrong-token")
    dialog.find("push button", "Test connection").press()
    dialog.wait_for("the token does not allow this")
    token.set_text(TOKEN)
    dialog.find("push button", "Test connection").press()
    dialog.wait_for("accepts the token")
    assert_hidden(console.application, TOKEN)
    screenshot(f"connection-{'keychain' if is_kept else 'no-keychain'}")
    save.press()
    console.wait_no_dialog()
    wait_until(lambda: "standalone" in console.cluster(name).description, 30, "the new cluster")


def token_is_accepted(console):
    """Whether the console has a token that the cluster accepts, by the checks of a wizard."""
    console.window.find("push button", "Toolbar: Snapshots").press()
    wizard = Wizard(console, "keychain-check")
    wizard.page("What do you want to do?")
    wizard.next()
    wizard.page("Where to?")
    wizard.next()
    wizard.page("Can it be done?")
    wait_until(lambda: wizard.dialog.says("accepted"), 30, "the verdict on the token")
    accepted = not wizard.dialog.says("not accepted")
    wizard.cancel()
    return accepted


def with_keychain(server):
    with Console("--theme", "light") as console:
        console.window.wait_for("Tokens are kept in the keychain")
        add_connection(console, server, "kept", is_kept=True)
        wait_until(lambda: TOKEN in secrets_kept(), 20, "the token in the keychain")
        assert token_is_accepted(console)
    assert not files_with(TOKEN), files_with(TOKEN)
    assert files_with(server.address), "the connection itself is remembered in a file"

    print("the next session")
    with Console("--theme", "light") as console:
        wait_until(lambda: "standalone" in console.cluster("kept").description, 30, "the remembered cluster")
        wait_until(lambda: token_is_accepted(console), 60, "the token from the keychain")
        console.cluster("kept").press()
        wait_until(lambda: console.cluster("kept").has("selected"), 20, "the cluster to be chosen")
        console.menu("Forget connection…")
        console.dialog().find("push button", "Forget").press()
        wait_until(lambda: not console.topology().all("list item"), 20, "the cluster to be forgotten")
        wait_until(lambda: TOKEN not in secrets_kept(), 20, "its token to be gone from the keychain")
    assert not files_with(TOKEN) and not files_with(server.address)


def without_keychain(address):
    """Runs on a session bus without a Secret Service."""
    server = type("Server", (), {"address": address})
    with Console("--theme", "dark") as console:
        console.window.wait_for("No keychain: tokens last for this session only")
        add_connection(console, server, "session-only", is_kept=False)
        assert token_is_accepted(console)
        screenshot("no-keychain-dark")
    assert not files_with(TOKEN), files_with(TOKEN)
    with Console("--theme", "dark") as console:
        wait_until(lambda: "standalone" in console.cluster("session-only").description, 30, "the remembered cluster")
        assert not token_is_accepted(console)


def on_a_bus_without_keychain(address):
    """Runs this file again on a separate bus, which can start only the accessibility bus."""
    with tempfile.TemporaryDirectory() as directory:
        services = pathlib.Path(directory) / "services"
        services.mkdir()
        name = "org.a11y.Bus.service"
        (services / name).write_text(pathlib.Path("/usr/share/dbus-1/services", name).read_text())
        config = pathlib.Path(directory) / "session.conf"
        config.write_text(f"""<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir={directory}</listen><servicedir>{services}</servicedir>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>""")
        subprocess.run(["dbus-run-session", f"--config-file={config}", "--", sys.executable, __file__, address], check=True, timeout=200)


def main():
    if len(sys.argv) > 1:
        return without_keychain(sys.argv[1])
    with Workspace() as space:
        server = space.server("eu-central").initialize()
        operator_token(server, TOKEN)
        print("with a keychain")
        with_keychain(server)
        print("without")
        on_a_bus_without_keychain(server.address)


if __name__ == "__main__":
    main()
